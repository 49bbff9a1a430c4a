import type { OutcomeName } from '#core/contracts/outcome.ts';
import type { ExecutionRow } from './promotions.ts';

/** Some rows of a list, and what asks for the ones after them. */
export interface Rows<Row> {
  rows: Row[];
  /** Absent on the last page. */
  next?: string;
}

/** How it stands with a domain's newest promotion. */
export interface LastPromotion {
  execution: string;
  /** `STOPPED`: its execution has ended and it has written no outcome. */
  outcome: OutcomeName | 'RUNNING' | 'STOPPED';
  reason?: string;
  at: string;
}

export interface LiveModel {
  model: string;
  version: string;
  execution: string;
  accuracy: number;
  promotedAt: string;
  trainingJob: string;
  /** Accuracy without transfer learning in the promotion that made it. */
  baselineAccuracy?: number;
}

/** One domain in the list. */
export interface DomainRow {
  domain: string;
  live?: LiveModel;
  last?: LastPromotion;
}

/** What takes longer to find out about a domain; the list shows it when it is there. */
export interface DomainFigures {
  domain: string;
  /** 95 % interval of the live model's accuracy. */
  interval?: { lower: number; upper: number };
  /** Accuracies of the models that were live, oldest first. */
  history: number[];
  /** Requests of the last day, and how many of them were not answered with 200. */
  requests?: number;
  errors?: number;
  /**
   * On the shared endpoint: `requests` are the images that its live model has answered, `errors` the requests
   * to the REST API that failed.
   */
  shared?: true;
  /** Mean probability of the label that was ranked first, over the last day. */
  confidence?: number;
  /** USD for training jobs in the last 30 days; null where a price is unknown. */
  cost: number | null;
  /** Share of the test images that the live model was unsure about. */
  unsure?: number;
}

/** Something that needs a person. */
export interface Attention {
  kind: 'APPROVAL' | 'QUOTA' | 'REJECTED' | 'ROLLED_BACK' | 'FAILED';
  execution: string;
  /** Absent where the whole execution is meant. */
  domain?: string;
  text: string;
  at: string;
}

/** What happens now. */
export interface News {
  attention: Attention[];
  /** At most a page of them. */
  running: ExecutionRow[];
  /** Another text whenever an execution has begun or ended, or a question has come or gone. */
  changes: string;
}

/** Everything about one domain that its page shows at once. */
export interface DomainDetails extends DomainRow {
  endpoint?: { name: string; status: string; failureReason?: string };
  /** Newest first. */
  champions: {
    model: string;
    version: string;
    execution: string;
    accuracy: number;
    promotedAt: string;
    by?: string;
  }[];
  promotions: LastPromotion[];
  /** Versions of general models that a promotion by hand may take, newest first. */
  labels: string[];
  /** Where the last rollback would lead. */
  rollbackTo?: { model: string; version: string; accuracy: number; promotedAt: string };
  consoleLink?: string;
}

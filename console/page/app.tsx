import { Link, Route, Switch } from 'wouter-preact';
import type { Session } from '../contracts/session.ts';
import { AgentsPage } from './agents/agents-page.tsx';
import { Problem } from './components/problem.tsx';
import { DataPage } from './data/data-page.tsx';
import { DomainPage } from './domain/domain-page.tsx';
import { DomainsPage } from './domains/domains-page.tsx';
import { LineagePage } from './lineage/lineage-page.tsx';
import { ModelsPage } from './models/models-page.tsx';
import { NewsContext, useLiveNews } from './news.ts';
import { PromotionPage } from './promotion/promotion-page.tsx';
import { ExecutionPage } from './promotions/execution-page.tsx';
import { PromotionsPage } from './promotions/promotions-page.tsx';
import { SessionContext } from './session.ts';
import { TryPage } from './try/try-page.tsx';
import { useAsked } from './use-asked.ts';

const here = (active: boolean) => (active ? 'here' : '');

/** The pages, and what they share: the session, and what happens now. */
export function App() {
  const { value: session, error } = useAsked<Session>('/api/session');
  const news = useLiveNews();
  const running = news.value?.running.length ?? 0;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <Link href="/" class="brand">
          Graft
        </Link>
        <nav aria-label="Pages">
          <Link href="/" className={here}>
            Domains
          </Link>
          <Link href="/promotions" className={here}>
            Promotions {running > 0 && <span class="badge busy">{running} running</span>}
          </Link>
          <Link href="/models" className={here}>
            General models
          </Link>
          <Link href="/agents" className={here}>
            Agents
          </Link>
        </nav>
        {session && (
          <p class="where">
            <b>{session.stack}</b> {session.local ? 'on this machine' : session.region}
            {session.readOnly && <span class="tag">read-only</span>}
          </p>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {error && <Problem error={error} />}
        {session && (
          <SessionContext.Provider value={session}>
            <NewsContext.Provider value={news}>
              <Switch>
                <Route path="/" component={DomainsPage} />
                <Route path="/domains/:domain">
                  {({ domain }) => <DomainPage key={domain} domain={domain} />}
                </Route>
                <Route path="/domains/:domain/try">
                  {({ domain }) => <TryPage key={domain} domain={domain} />}
                </Route>
                <Route path="/domains/:domain/data">
                  {({ domain }) => <DataPage key={domain} domain={domain} />}
                </Route>
                <Route path="/domains/:domain/lineage">
                  {({ domain }) => <LineagePage key={domain} domain={domain} />}
                </Route>
                <Route path="/models" component={ModelsPage} />
                <Route path="/agents" component={AgentsPage} />
                <Route path="/promotions" component={PromotionsPage} />
                <Route path="/promotions/:execution">
                  {({ execution }) => <ExecutionPage key={execution} execution={execution} />}
                </Route>
                <Route path="/promotions/:execution/:domain">
                  {({ execution, domain }) => (
                    <PromotionPage key={`${execution} ${domain}`} execution={execution} domain={domain} />
                  )}
                </Route>
                <Route>
                  <h1>There is no such page</h1>
                </Route>
              </Switch>
            </NewsContext.Provider>
          </SessionContext.Provider>
        )}
      </main>
    </>
  );
}

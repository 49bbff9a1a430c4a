import type { IconSet } from './icon-sets.ts';

/**
 * Categories of things. Faces, people, signs and buildings look too much like each other to teach shapes;
 * vehicles (among "Travel & Places") are a domain of their own.
 */
const CATEGORIES = ['Activities', 'Animals & Nature', 'Food & Drink', 'Objects'];

/** Fruits, vegetables and what shows or resembles them: none of it may be learnt before the domain. */
const PRODUCE_AND_RELATIVES =
  /acorn|apple|avocado|banana|bean|berr(y|ies)|broccoli|carrot|cherr(y|ies)|chestnut|citrus|coconut|corn|cucumber|eggplant|french-fries|garlic|ginger|grape|jack-o-lantern|kiwi|leafy|lemon|lime|mango|melon|mushroom|olive|onion|orange|pea($|-|ch|nut|r)|pepper|pine-decoration|potato|pumpkin|salad|shallow-pan|shortcake|tangerine|tomato|tropical-drink|wine-glass|cocktail-glass|birthday-cake|bento-box|pot-of-food/;

/**
 * Variants of one drawing (mailboxes, books, speakers …), which only differ in what a small image cannot
 * show.
 */
const VARIANTS =
  /mailbox-with|mobile-phone-|speaker-|-book$|envelope-|incoming-|banknote|chart-increasing-|medal|flag-in-hole|locked-with/;

/**
 * Classes of the general data set: things that each of these sets draws, the domains and their relatives left
 * out, sorted by name.
 */
export function generalClasses(sets: readonly IconSet[]): string[] {
  return things(sets).filter((name) => sets.every((set) => set.has(name)));
}

/**
 * Things of no domain that the general data set has not either, because not all of its sets draw them, sorted
 * by name: images that users of an endpoint send all the same.
 *
 * @param sets those of the general data set
 * @param drawing those that have to draw it
 */
export function otherThings(sets: readonly IconSet[], drawing: readonly IconSet[]): string[] {
  return things(sets).filter(
    (name) => !sets.every((set) => set.has(name)) && drawing.every((set) => set.has(name)),
  );
}

function things(sets: readonly IconSet[]): string[] {
  const categories = sets.find((set) => Object.keys(set.categories).length > 0)?.categories ?? {};
  return CATEGORIES.flatMap((category) => categories[category] ?? [])
    .filter((name) => !PRODUCE_AND_RELATIVES.test(name) && !VARIANTS.test(name))
    .sort();
}

// Reading the page.

export const ITEM = '[data-reco-item]';
export const BLOCK = '[data-reco-block]';

export const all = (selector: string, root: ParentNode = document) =>
    [...root.querySelectorAll<HTMLElement>(selector)];

// Capturing, so that a page's stopPropagation() hides nothing.
export const on = (names: string, listener: (event: any) => void) =>
    names.split(' ').map((name) => addEventListener(name, listener, true));

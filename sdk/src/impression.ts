// Recommended items of which half was in view for a second, once each.

import { BLOCK, ITEM, all } from './dom';
import { describe } from './describe';
import { emit } from './delivery';

// Which report of the observer brought an item into view; false when out.
const visible = new WeakMap<Element, unknown>();

const observer = new IntersectionObserver((entries) => {
    entries.map((entry) =>
        visible.set(entry.target, entry.intersectionRatio >= 0.5 && entries));

    setTimeout(() => all(BLOCK).map((block) => {
        const seen = all(ITEM, block).filter((element) =>
            visible.get(element) == entries);

        if (seen[0]) {
            emit('impression', {
                ...describe(block),
                items: seen.map((element) => {
                    observer.unobserve(element);
                    return element.dataset.recoItem!;
                }),
            });
        }
    }), 1000);
}, { threshold: 0.5 });

export const watch = () => {
    all(ITEM).map((element) =>
        visible.has(element) || observer.observe(element));
};

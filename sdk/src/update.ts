// Blocks that follow what the visitor did, without a page load.

import { BLOCK, all } from './dom';
import { api } from './settings';
import { describe } from './describe';
import { item } from './page';


export const update = () => {
    all('[data-reco-live]').map(async (block, i) => {
        const query = new URLSearchParams({
            item: item || '',
            ...describe(block) as {},
            format: 'html',
        });

        // Where the network or a block is missing, the page stays as it is.
        try {
            const answer = await fetch(api + 'recommendations?' + query);
            const template = document.createElement('template');

            template.innerHTML = await answer.text();
            const [fresh] = all(BLOCK, template.content);

            // Another update may have been faster.
            block = all('[data-reco-live]')[i];
            if (fresh.innerHTML != block.innerHTML) {
                const old = all('*', block);

                // Focus and scroll stay at the same place of the block.
                block.after(fresh);
                all('*', fresh).map((part, i) => {
                    part.scrollLeft = old[i]?.scrollLeft;
                    if (old[i] == document.activeElement) {
                        part.focus({ preventScroll: true });
                    }
                });
                block.remove();
            }
        } catch {}
    });
};

// Calls that the types allow, and calls that they refuse.

reco('view', { item: '42' });
reco('cart', { item: '42', qty: 1, price: 9.5, currency: 'GBP' });
reco('purchase', { id: 'order-1', items: ['42', { item: '7', qty: 2 }] });
reco('search', { ctx: { q: 'red shoes', hits: 12, exact: false } });
reco('custom');
reco('consent', true);
reco('forget');
window.reco('rating', { value: 5 });

// @ts-expect-error: a view is of an item
reco('view', {});
// @ts-expect-error: no such command
reco('buy', { item: '42' });
// @ts-expect-error: an item's id is text
reco('cart', { item: 42 });
// @ts-expect-error: an answer is given
reco('consent');
// @ts-expect-error: scalars only
reco('custom', { ctx: { nested: { deep: 1 } } });

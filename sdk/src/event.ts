// The event as docs/events.md defines it; what the server adds is not here.

export type Fields = {
    id?: string,
    item?: string,
    ms?: number,
    depth?: number,
    slot?: string,
    rank?: number,
    req?: string,
    value?: number,
    qty?: number,
    price?: number,
    currency?: string,
    items?: (string | { item: string, qty?: number, price?: number })[],
    ctx?: Record<string, string | number | boolean>,
};

export type RecoEvent = Fields & {
    v: 1,
    id: string,
    type: string,
    ts: number,
    sent?: number,
};

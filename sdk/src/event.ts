// The event as docs/events.md defines it; what the server adds is not here.

export type Line = { item: string, qty?: number, price?: number };

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
    items?: Line[],
    ctx?: Record<string, string | number | boolean>,
};

export type RecoEvent = Fields & {
    v: 1,
    id: string,
    type: string,
    ts: number,
    sent?: number,
};

export const { now } = Date;

// 96 random bits.
export const unique = () =>
    crypto.getRandomValues(new Uint32Array(3)).join('-');

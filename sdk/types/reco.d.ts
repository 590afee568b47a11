// Types of reco.js for pages written in TypeScript:
//
//   /// <reference path="reco.d.ts" />
//   reco('cart', { item: '42', qty: 1, price: 9.5, currency: 'GBP' });

declare namespace Reco {
    /** A line of a purchase; an item that was shown. */
    interface Line {
        item: string;
        qty?: number;
        /** Of one piece. */
        price?: number;
    }

    /** docs/events.md says what each means and its limits. */
    interface Fields {
        /** Given: a second event with this id has no effect.  At most 36. */
        id?: string;
        /** Absent: the item of the page. */
        item?: string;
        slot?: string;
        rank?: number;
        req?: string;
        /** A rating. */
        value?: number;
        qty?: number;
        price?: number;
        /** ISO 4217. */
        currency?: string;
        /** At most 50. */
        items?: (string | Line)[];
        /** At most 8. */
        ctx?: Record<string, string | number | boolean>;
    }

    type Act = 'cart' | 'purchase' | 'rating' | 'search' | 'click' | 'custom';

    interface Command {
        /** The page shows an item; for routers that declare none. */
        (command: 'view', fields: Fields & { item: string }): void;
        (command: Act, fields?: Fields): void;
        /** What a consent platform says.  false also drops what waits. */
        (command: 'consent', granted: boolean): void;
        /** Drops what is kept in this browser and on the server. */
        (command: 'forget'): void;
    }
}

interface Window {
    reco: Reco.Command;
}

declare const reco: Reco.Command;

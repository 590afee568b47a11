#include "import_usual.h"

#include <stddef.h>


const reco_import_usual_t reco_import_usual_events[] = {
    {"visitor", {"visitor", "visitor_id", "visitorid", "user", "user_id",
                    "userid", "customer", "customer_id", "customerid"}},
    {"session", {"session", "session_id", "sessionid"}},
    {"item",
        {"item", "item_id", "itemid", "product", "product_id", "productid"}},
    {"ts", {"ts", "time", "timestamp", "event_time", "date", "datetime"}},
    {"type", {"type", "event", "event_type"}},
    {"id", {"id", "event_id"}},
    {"qty", {"qty", "quantity"}},
    {"price", {"price"}},
    {"currency", {"currency"}},
    {"value", {"value", "rating"}},
    {"ms", {"ms", "dwell_ms"}},
    {NULL, {NULL}},
};

/* Those of merchants' product feeds among them. */
const reco_import_usual_t reco_import_usual_items[] = {
    {"item", {"item", "item_id", "itemid", "id", "product_id", "sku"}},
    {"title", {"title", "name"}},
    {"url", {"url", "link"}},
    {"image", {"image", "image_link", "image_url"}},
    {"category", {"category", "product_type", "google_product_category"}},
    {"brand", {"brand"}},
    {"price", {"price"}},
    {"currency", {"currency"}},
    {"available", {"available", "availability", "in_stock"}},
    {"ts", {"ts", "updated", "updated_at"}},
    {NULL, {NULL}},
};

/*
 * What the files of the module share: configurations, the context of a
 * request, and the entry points of each file.
 *
 *   module     directives, configuration life cycle, module record
 *   slot       the reco_slot directive: place, source and template of a block
 *   gate       decides early whether a page will be rewritten
 *   filter     rewrites it
 *   page       what is read of it, and what is put in
 *   page_buffers   what of it is passed on
 *   passages   what is known of pages that were read before
 *   block      slot -> engine -> template -> bytes
 *   answers    what the engine answered before
 *   blocks     what was made of it
 *   items      what a template may say of its items
 *   learn      what a page says about its product -> event
 *   model      the live model of a worker, its swap
 *   zone       visitors' sessions in shared memory
 *   cookie     the reco_cookie directive: reads and sets a visitor's id
 *   visitor    who is asking: cookie, site's own id, consent
 *   event      what a visitor does: session, outbox
 *   beacon, api, sdk, status    content handlers
 *   response   answers of those handlers
 *   variables  $reco_...
 *   stats      counters in shared memory, the rate-limited log
 */

#ifndef NGX_HTTP_RECO_MODULE_H
#define NGX_HTTP_RECO_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "reco.h"
#include "engine/reco_engine.h"
#include "engine/reco_engine_profile.h"
#include "event/reco_event.h"
#include "html/reco_html.h"
#include "render/reco_render.h"

#include "ngx_http_reco_redis.h"
#include "ngx_http_reco_stats.h"


/* -- configuration ------------------------------------------------------- */

typedef struct ngx_http_reco_model_s ngx_http_reco_model_t;
typedef struct ngx_http_reco_version_s ngx_http_reco_version_t;
typedef struct ngx_http_reco_base_s ngx_http_reco_base_t;
typedef struct ngx_http_reco_rule_s ngx_http_reco_rule_t;
typedef struct ngx_http_reco_arm_s ngx_http_reco_arm_t;
typedef struct ngx_http_reco_profiles_s ngx_http_reco_profiles_t;


/* A template file, parsed once however many slots use it. */
typedef struct {
    ngx_str_t path;
    reco_render_template_t *parsed;
    unsigned links : 1; /* shows no item without an address */
} ngx_http_reco_template_t;


/* One reco_slot.  Read-only after configuration. */
typedef struct {
    ngx_str_t name;
    ngx_http_complex_value_t *heading;
    ngx_http_reco_template_t *template;
    ngx_str_t source;
    ngx_http_complex_value_t *category;
    ngx_http_complex_value_t *locale; /* NULL: reco_locale */
    uint32_t sources;                 /* mask for the engine, 0: all */
    ngx_uint_t n;
    unsigned repeat : 1;
    unsigned alone : 1;  /* the page's own item does not matter */
    unsigned live : 1;   /* the script may replace the block */
    unsigned script : 1; /* no block: the script's own tag */
} ngx_http_reco_slot_t;


/* The tag that reco_sdk inject puts into pages. */
typedef struct {
    ngx_http_reco_template_t tag;
    ngx_http_reco_template_t silent; /* until the page tells of consent */
} ngx_http_reco_sdk_t;


typedef struct {
    ngx_array_t models;     /* ngx_http_reco_model_t *, one for each path */
    ngx_array_t templates;  /* ngx_http_reco_template_t * */
    ngx_array_t slots;      /* ngx_http_reco_slot_t *, for the API */
    ngx_array_t references; /* ngx_http_reco_reference_t * */
    ngx_array_t zones;      /* ngx_shm_zone_t * */
    ngx_shm_zone_t *stats;
    ngx_shm_zone_t *robots;
    ngx_http_reco_redis_conf_t *redis;
    ngx_http_reco_profiles_t *profiles; /* NULL: none are loaded */
    ngx_uint_t answers;                 /* kept in a worker */
    size_t blocks_size;                 /* bytes of blocks kept with them */
    size_t passages_size;               /* bytes, 0: off */
    reco_html_passages_t *passages; /* of this worker; NULL: none are known */
    ngx_module_t *gunzip; /* nginx's filter, NULL where it is not built in */
    ngx_uint_t gunzip_enable;   /* offset of its "gunzip" flag */
    ngx_uint_t learning;        /* some place has reco_learn on */
    ngx_shm_zone_t *learnt;     /* what pages said, where learning */
    reco_html_plan_t *no_slots; /* of pages that are read only */
} ngx_http_reco_main_conf_t;


typedef struct {
    ngx_str_t name;
    ngx_str_t attributes; /* "; path=/; ..." as configured */
    ngx_uint_t secure;    /* NGX_HTTP_RECO_SECURE_... */
} ngx_http_reco_cookie_t;

#define NGX_HTTP_RECO_SECURE_AUTO 0
#define NGX_HTTP_RECO_SECURE_ON   1
#define NGX_HTTP_RECO_SECURE_OFF  2


typedef struct {
    ngx_flag_t enable;
    ngx_flag_t learn;
    time_t learn_every; /* s */
    ngx_flag_t last_modified;
    ngx_http_reco_model_t *model;
    ngx_shm_zone_t *zone;
    ngx_http_complex_value_t *item;
    ngx_http_complex_value_t *visitor;
    u_char *visitor_secret; /* a block of SHA-1, padded; NULL: none */
    ngx_http_complex_value_t *consent;
    ngx_uint_t visitor_answered; /* it names a header of the answer */
    ngx_uint_t consent_answered; /* as well */
    ngx_http_complex_value_t *nonce;
    ngx_http_complex_value_t *locale;
    ngx_http_complex_value_t *cache_control; /* NULL: "private" */
    ngx_uint_t cache_control_off;
    ngx_http_reco_cookie_t *cookie;
    ngx_http_reco_sdk_t *sdk; /* NULL: pages bring the script themselves */
    ngx_array_t *slots;       /* ngx_http_reco_slot_t *, in the plan's order */
    reco_html_plan_t *plan;
    ngx_array_t *statuses; /* ngx_uint_t; NULL: 200 */
    ngx_array_t *origins;  /* ngx_str_t; NULL: same origin only */
    ngx_array_t *rules;    /* ngx_http_reco_rule_t; NULL: none */
    ngx_array_t *arms;     /* ngx_http_reco_arm_t; NULL: no experiment */
    ngx_str_t experiment;
    ngx_int_t robot_rate; /* requests a minute of one visitor; 0: any */
    ngx_flag_t api;       /* a visitor's request, though no page */
    ngx_flag_t any_slot;  /* it may be for a slot of any place */
    ngx_hash_t types;
    ngx_array_t *types_keys;
} ngx_http_reco_loc_conf_t;


extern ngx_module_t ngx_http_reco_module;


/* -- request ------------------------------------------------------------- */

/* 128 bits that stand for a visitor. */
typedef struct {
    u_char bytes[16];
} ngx_http_reco_id_t;

/*
 * Ids that are made of the site's own begin with this byte, and no cookie's id
 * does: who knows or guesses somebody's login could else compute the id, put
 * it into a cookie, and be shown what is meant for them.
 */
#define NGX_HTTP_RECO_ID_LOGIN 0xff


typedef struct ngx_http_reco_page_s ngx_http_reco_page_t;


typedef struct {
    ngx_http_request_t *request;

    ngx_http_reco_id_t id;
    u_char hex[32];             /* id, as text */
    unsigned visitor_known : 1; /* id was looked up, perhaps in vain */
    unsigned visitor_valid : 1; /* id holds one */
    unsigned visitor_new : 1;   /* and was made now */
    unsigned cookie_sent : 1;
    unsigned consent_known : 1;
    unsigned consent : 1;
    unsigned item_known : 1;
    unsigned session_known : 1;
    unsigned viewed : 1; /* this page's view is recorded */
    unsigned arm_known : 1;
    unsigned waited : 1; /* for the visitor's profile */
    unsigned taste_known : 1;

    ngx_str_t item; /* external id of the page's item */
    uint64_t item_key;

    reco_engine_session_t *session; /* this request's copy */
    ngx_http_reco_arm_t *arm;       /* NULL: in none */
    float *taste; /* the long-term vector; NULL: none, or of another base */

    ngx_http_reco_version_t *version; /* held until the request ends */

    ngx_http_reco_page_t *page; /* being rewritten or read; NULL: passes */
    uint64_t learning;          /* the page, where it is to be learnt from */

    u_char rendering[16]; /* hex; ties clicks to this answer */
    uint64_t number;      /* of the page in this worker; 0: not yet */
    uint64_t *shown;      /* keys in the blocks so far */
    ngx_uint_t nshown;
    ngx_uint_t count;   /* items in the blocks */
    uint32_t fallbacks; /* mask of sources */
    const char *strategy;
    ngx_uint_t time_us;
} ngx_http_reco_ctx_t;


/*
 * The request's context, made on first use.  It outlives internal redirects,
 * which wipe module contexts.  NULL: out of memory.
 */
ngx_http_reco_ctx_t *ngx_http_reco_get_ctx(ngx_http_request_t *r);

/* The same, but NULL where there is none yet. */
ngx_http_reco_ctx_t *ngx_http_reco_peek_ctx(ngx_http_request_t *r);


/* -- module -------------------------------------------------------------- */

/* A library's string from nginx's, and back. */
#define ngx_http_reco_str(s) ((reco_str_t){(s).len, (const char *) (s).data})

/* Allocates from the pool that is the owner; for the library's memory. */
void *ngx_http_reco_alloc(void *pool, size_t size);

char *ngx_http_reco_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Makes the empty list of slots and their plan.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_reco_slots_create(
    ngx_conf_t *cf, ngx_http_reco_loc_conf_t *lcf);

/* The directive's words, with those that quotes hold together joined; NULL: an
   error, which is logged. */
ngx_array_t *ngx_http_reco_words(ngx_conf_t *cf);

/* What a word has behind its "=".  NGX_DECLINED: it has none. */
ngx_int_t ngx_http_reco_word_value(const ngx_str_t *word, ngx_str_t *value);


/* -- rule ---------------------------------------------------------------- */

char *ngx_http_reco_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Puts the rules that are for the slot into a query that is made next; rules
   may be NULL. */
void ngx_http_reco_rules_query(
    ngx_array_t *rules, ngx_http_reco_slot_t *slot, reco_engine_query_t *query);


/* -- arm ----------------------------------------------------------------- */

char *ngx_http_reco_experiment(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_arm_directive(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The visitor's arm; NULL: none. */
ngx_http_reco_arm_t *ngx_http_reco_arm(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);
ngx_str_t *ngx_http_reco_arm_label(ngx_http_reco_arm_t *arm);

/* True where the arm shows no block; arm may be NULL. */
ngx_uint_t ngx_http_reco_arm_withholds(
    ngx_http_reco_arm_t *arm, ngx_http_reco_slot_t *slot);

/* The slot as the arm has it; arm may be NULL. */
void ngx_http_reco_arm_query(ngx_http_reco_arm_t *arm,
    ngx_http_reco_slot_t *slot, ngx_http_reco_slot_t *used);


/* -- gate, filter -------------------------------------------------------- */

ngx_int_t ngx_http_reco_filter_init(ngx_conf_t *cf);

/*
 * From the gate: this page will be rewritten (or only read, for its product)
 * if it comes uncompressed.
 */
ngx_int_t ngx_http_reco_page_create(ngx_http_request_t *r,
    ngx_http_reco_ctx_t *ctx, ngx_uint_t rewriting, ngx_uint_t learning);


/* -- passages ------------------------------------------------------------ */

char *ngx_http_reco_passages_directive(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_http_reco_passages_init_conf(ngx_http_reco_main_conf_t *main);

/* The memory is the cycle's: what it knows of hangs on its configuration. */
ngx_int_t ngx_http_reco_passages_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main);


/* -- block --------------------------------------------------------------- */

/*
 * Fills a slot for this request.  NGX_OK; NGX_DECLINED: nothing to show,
 * counted; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_reco_block(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, ngx_uint_t ascii, ngx_str_t *out);

/* The same as JSON, for an item and number of its own. */
ngx_int_t ngx_http_reco_block_json(ngx_http_request_t *r,
    ngx_http_reco_ctx_t *ctx, ngx_http_reco_slot_t *slot, ngx_str_t *out);

/* Sources by the name of a slot's source=; NGX_DECLINED: unknown. */
ngx_int_t ngx_http_reco_source(ngx_str_t *name, ngx_http_reco_slot_t *slot);

ngx_int_t ngx_http_reco_block_init_process(ngx_cycle_t *cycle);
void ngx_http_reco_block_exit_process(ngx_cycle_t *cycle);


/* -- learn --------------------------------------------------------------- */

char *ngx_http_reco_learn(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_reco_learn_init(
    ngx_conf_t *cf, ngx_http_reco_main_conf_t *main);

/* True where this page is to be read for its product. */
ngx_uint_t ngx_http_reco_learn_due(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* Reads the page along with its rewriter.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_reco_learn_start(ngx_http_reco_page_t *page);

/* The page has been read to its end: what it said is an event, if it is new. */
void ngx_http_reco_learn_end(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);


/* -- model --------------------------------------------------------------- */

/* One object for each path; NULL: out of memory. */
ngx_http_reco_model_t *ngx_http_reco_model_add(ngx_conf_t *cf,
    ngx_http_reco_main_conf_t *main, ngx_str_t *path, time_t stale,
    ngx_msec_t check);

ngx_int_t ngx_http_reco_model_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main);
void ngx_http_reco_model_exit_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main);

/* The live version, held by the caller; NULL: there is none. */
ngx_http_reco_version_t *ngx_http_reco_version_acquire(
    ngx_http_reco_model_t *model);
void ngx_http_reco_version_release(ngx_http_reco_version_t *version);

/* This worker's memory for one query at a time, large enough for each version
   that was made. */
reco_engine_scratch_t *ngx_http_reco_scratch(void);

struct ngx_http_reco_version_s {
    reco_engine_model_t *engine;
    ngx_http_reco_base_t *base;
    ngx_str_t id;
    uint64_t serial; /* of this worker's versions */
    ngx_uint_t references;
};

/* For the status page. */
typedef struct {
    ngx_str_t path;
    ngx_str_t id;
    ngx_uint_t nitems;
    int64_t overlay_created; /* ms since the epoch; 0: none */
} ngx_http_reco_model_state_t;

void ngx_http_reco_model_state(
    ngx_http_reco_model_t *model, ngx_http_reco_model_state_t *state);


/* -- zone ---------------------------------------------------------------- */

char *ngx_http_reco_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The visitor's session will be wanted soon: the processor may fetch what leads
   to it, and a while later itself. */
void ngx_http_reco_zone_expect(
    ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id);
void ngx_http_reco_zone_expect_record(
    ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id);

/* NGX_DECLINED: the visitor is unknown; *session is empty then. */
ngx_int_t ngx_http_reco_zone_read(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *id, reco_engine_session_t *session);

/* A visitor whose id was made just now, so that nobody knows it. */
void ngx_http_reco_zone_begin(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *id, const reco_engine_session_t *session);

/* Applies events in order; session, where not NULL, gets the result. */
void ngx_http_reco_zone_apply(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *id, const reco_engine_event_t *events,
    ngx_uint_t nevents, reco_engine_session_t *session);

/* Counts items that were shown. */
void ngx_http_reco_zone_shown(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *id, const uint64_t *items, ngx_uint_t nitems);

/* Moves what "from" did into "to".  NGX_DECLINED: "from" is unknown. */
ngx_int_t ngx_http_reco_zone_merge(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *from, const ngx_http_reco_id_t *to);

/* Puts a profile's events before those of the session, and its vector in. */
void ngx_http_reco_zone_load(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const reco_engine_profile_t *profile);

/* The other way round; NGX_DECLINED: the visitor is unknown. */
ngx_int_t ngx_http_reco_zone_profile(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *id, reco_engine_profile_t *profile);

ngx_uint_t ngx_http_reco_zone_knows(
    ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id);

/* The visitor's vector, if it is one of this base and of so many dimensions.
   NGX_DECLINED: there is none. */
ngx_int_t ngx_http_reco_zone_taste(ngx_shm_zone_t *zone,
    const ngx_http_reco_id_t *id, const ngx_str_t *base, uint32_t dimensions,
    float *taste);

void ngx_http_reco_zone_forget(
    ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id);

/* In the master, as it ends: writes the zones that are to be kept. */
void ngx_http_reco_zone_exit_master(ngx_http_reco_main_conf_t *main);

typedef struct {
    ngx_uint_t capacity;
    ngx_uint_t used;
    ngx_uint_t evicted;
    ngx_uint_t recovered; /* locks taken over from processes that died */
} ngx_http_reco_zone_state_t;

void ngx_http_reco_zone_state(
    ngx_shm_zone_t *zone, ngx_http_reco_zone_state_t *state);


/* -- conf ---------------------------------------------------------------- */

/* Whose pages are rewritten by default. */
extern ngx_str_t ngx_http_reco_types[];

void *ngx_http_reco_create_main_conf(ngx_conf_t *cf);
char *ngx_http_reco_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_reco_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_reco_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

char *ngx_http_reco_model(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_statuses(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* -- profile ------------------------------------------------------------- */

char *ngx_http_reco_profiles(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* All of these take NULL, where there is no reco_profiles. */
char *ngx_http_reco_profiles_init_conf(
    ngx_conf_t *cf, ngx_http_reco_profiles_t *profiles);
ngx_int_t ngx_http_reco_profiles_init(
    ngx_conf_t *cf, ngx_http_reco_main_conf_t *main);
ngx_int_t ngx_http_reco_profiles_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_profiles_t *profiles);
void ngx_http_reco_profiles_exit_process(ngx_http_reco_profiles_t *profiles);

/* Asks the feature store for a visitor whom the zone does not know. */
void ngx_http_reco_profile_want(
    ngx_http_request_t *r, const ngx_http_reco_id_t *id);

/*
 * The visitor's session has changed: tells a store in which the nodes keep it
 * themselves.  Not while its own answer is still to come.
 */
void ngx_http_reco_profile_put(ngx_http_request_t *r, ngx_http_reco_id_t *id);

/* What is still to be answered is not wanted any more; what the nodes keep
   themselves is removed. */
void ngx_http_reco_profile_forget(
    ngx_http_request_t *r, ngx_http_reco_id_t *id);


/* -- visitor ------------------------------------------------------------- */

char *ngx_http_reco_visitor_directive(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Does the text itself name a variable of the answer's headers?  NULL: no. */
ngx_uint_t ngx_http_reco_visitor_answered(
    const ngx_http_complex_value_t *expression);

char *ngx_http_reco_cookie(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_http_reco_cookie_t *ngx_http_reco_cookie_default(ngx_conf_t *cf);

/* The first of the name that is an id; NGX_DECLINED: there is none. */
ngx_int_t ngx_http_reco_cookie_read(ngx_http_request_t *r,
    ngx_http_reco_cookie_t *cookie, ngx_http_reco_id_t *id);

/* Adds Set-Cookie, with further attributes.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_reco_cookie_set(ngx_http_request_t *r, const u_char *id,
    size_t len, const char *attributes, size_t size);

ngx_uint_t ngx_http_reco_consent(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* NGX_OK: ctx->id is known or was made; NGX_DECLINED: no consent. */
ngx_int_t ngx_http_reco_visitor(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* Adds Set-Cookie where the visitor is new.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_reco_visitor_header(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* Makes the browser drop the cookie. */
ngx_int_t ngx_http_reco_visitor_expire(ngx_http_request_t *r);

/* True for crawlers, and for pages that are fetched before anyone asked. */
ngx_uint_t ngx_http_reco_visitor_robot(ngx_http_request_t *r);


/* robot.c: visitors that are programs and do not say so */

char *ngx_http_reco_honeypot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Main configuration; NULL: out of memory. */
ngx_shm_zone_t *ngx_http_reco_robot_zone(ngx_conf_t *cf);

/* The visitor's count will be wanted soon: the processor may fetch it. */
void ngx_http_reco_robot_expect(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* Counts a request of the visitor, who is known by now.  True: it is one. */
ngx_uint_t ngx_http_reco_robot_visit(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);


/* -- event --------------------------------------------------------------- */

/* The item that the request is about; what can be no item's id: none. */
void ngx_http_reco_item_set(ngx_http_reco_ctx_t *ctx, const ngx_str_t *item);

/* Evaluates reco_item once; ctx->item.len == 0: the page has none. */
ngx_int_t ngx_http_reco_item(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* This request's copy of the visitor's session. */
ngx_int_t ngx_http_reco_session(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* Records that the page's item was viewed, once a request. */
void ngx_http_reco_page_view(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx);

/* Now, milliseconds since the epoch, as nginx's clock has it. */
int64_t ngx_http_reco_milliseconds(void);

/*
 * Completes an event with what the server knows and stores it durably.
 * NGX_OK; NGX_DECLINED: it was refused (the outbox is full), counted.
 */
ngx_int_t ngx_http_reco_event_store(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, reco_event_t *event);


/* -- content handlers ---------------------------------------------------- */

char *ngx_http_reco_beacon(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_sdk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Gives the script's tag a place in the pages of a merged configuration. */
char *ngx_http_reco_sdk_place(ngx_conf_t *cf, ngx_http_reco_loc_conf_t *lcf);

/* The script's tag for this request; answers as ngx_http_reco_block() does. */
ngx_int_t ngx_http_reco_sdk_tag(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_uint_t ascii, ngx_str_t *out);


/* -- response ------------------------------------------------------------ */

/* The HTTP status that stands for a status of the library. */
ngx_uint_t ngx_http_reco_answer(reco_status_t status);

/* Adds a header; name and value live as long as the request. */
ngx_int_t ngx_http_reco_header(
    ngx_http_request_t *r, const char *name, const char *value, size_t len);

/* The value of a request's header; NULL: there is none. */
ngx_str_t *ngx_http_reco_header_in(ngx_http_request_t *r, const char *name);

/*
 * These send an answer and return what a content handler returns.  body lives
 * as long as the request; reason needs no escaping in JSON.
 */
ngx_int_t ngx_http_reco_send(
    ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *type, ngx_str_t *body);
ngx_int_t ngx_http_reco_send_empty(ngx_http_request_t *r, ngx_uint_t status);
ngx_int_t ngx_http_reco_refuse(
    ngx_http_request_t *r, ngx_uint_t status, const char *reason);
ngx_int_t ngx_http_reco_not_allowed(ngx_http_request_t *r, const char *methods);

/* True where another site's page asks, which reco_beacon_origins does not list. */
ngx_uint_t ngx_http_reco_cross_site(ngx_http_request_t *r);

/*
 * Adds what lets a listed site's script ask and read.  NGX_DECLINED: the site
 * is not listed; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_reco_cors(ngx_http_request_t *r, const char *methods);


/* -- variables ----------------------------------------------------------- */

ngx_int_t ngx_http_reco_add_variables(ngx_conf_t *cf);

/*
 * True where no byte of it is a control character.  A path is decoded when it gets
 * here: what a line break would do to a header or a log line that the site makes of
 * one of our variables, it does not do.
 */
ngx_uint_t ngx_http_reco_plain(const ngx_str_t *value);


/* -- stats --------------------------------------------------------------- */

ngx_int_t ngx_http_reco_stats_init(
    ngx_conf_t *cf, ngx_http_reco_main_conf_t *main);
void ngx_http_reco_stats_init_process(ngx_http_reco_main_conf_t *main);

#endif /* NGX_HTTP_RECO_MODULE_H */

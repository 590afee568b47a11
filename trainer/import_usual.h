/*
 * The names that columns of exports and feeds usually have.
 */

#ifndef RECO_IMPORT_USUAL_H
#define RECO_IMPORT_USUAL_H


/* names in order of preference, ended by NULL. */
typedef struct {
    const char *field;
    const char *names[10];
} reco_import_usual_t;

/* Ended by a NULL field. */
extern const reco_import_usual_t reco_import_usual_events[];
extern const reco_import_usual_t reco_import_usual_items[];

#endif /* RECO_IMPORT_USUAL_H */

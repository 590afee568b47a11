/*
 * recoctl: what its subcommands share.
 *
 * A subcommand is one file, cli/NAME.c, one function and one row of the table
 * in main.c, which drives dispatch and help.
 */

#ifndef RECO_CLI_H
#define RECO_CLI_H

#include "reco.h"

#include <stdio.h>


/* Exit statuses. */
#define RECO_CLI_OK     0
#define RECO_CLI_FAILED 1
#define RECO_CLI_USAGE  2


/*
 * The subcommands: argv[0] is the name, options follow (getopt_long() from
 * index 1); what is returned is the exit status.  --help never gets here.
 */
int reco_cli_config(int argc, char **argv);
int reco_cli_diff(int argc, char **argv);
int reco_cli_eval(int argc, char **argv);
int reco_cli_events(int argc, char **argv);
int reco_cli_explain(int argc, char **argv);
int reco_cli_export_examples(int argc, char **argv);
int reco_cli_forget(int argc, char **argv);
int reco_cli_import(int argc, char **argv);
int reco_cli_import_factors(int argc, char **argv);
int reco_cli_import_weights(int argc, char **argv);
int reco_cli_outbox(int argc, char **argv);
int reco_cli_pin(int argc, char **argv);
int reco_cli_promote(int argc, char **argv);
int reco_cli_replay(int argc, char **argv);
int reco_cli_retry(int argc, char **argv);
int reco_cli_rollback(int argc, char **argv);
int reco_cli_show(int argc, char **argv);
int reco_cli_status(int argc, char **argv);
int reco_cli_tail(int argc, char **argv);
int reco_cli_train(int argc, char **argv);
int reco_cli_tune(int argc, char **argv);
int reco_cli_versions(int argc, char **argv);


/* "recoctl NAME: message" on stderr; returns RECO_CLI_FAILED. */
int reco_cli_fail(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with a hint at the help; returns RECO_CLI_USAGE. */
int reco_cli_misuse(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "FILE:LINE: message", as far as known; returns RECO_CLI_FAILED. */
int reco_cli_fail_at(
    const char *name, const char *path, const reco_error_t *error);

/*
 * The bytes of the character that begins at an offset of text in UTF-8.  *safe:
 * false where a terminal might obey it: a control character, or a byte that is
 * part of no character.
 */
size_t reco_cli_character(reco_str_t text, size_t offset, int *safe);

/* Text of files and servers: "?" stands for what is not safe. */
void reco_cli_tame(char *text);
void reco_cli_print(FILE *out, const char *text);

/*
 * A line of JSON on standard output, as cJSON wrote it: what is not safe is
 * escaped, as RFC 8259 allows for every character (section 7); U+FFFD stands
 * for a byte that is part of none, which it forbids (8.1).
 */
void reco_cli_print_json(const char *json);

#endif /* RECO_CLI_H */

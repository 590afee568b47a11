/*
 * recoctl, the one tool for people.
 */

#include "cli.h"
#include "fault.h"
#include "place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>


typedef struct {
    const char *name;
    const char *summary;
    const char *usage; /* what follows "recoctl NAME" */
    int (*run)(int argc, char **argv);
} command_t;


static const command_t commands[] = {
    {"config", "check a trainer.conf and print what it amounts to",
        " [OPTION]...\n"
        "\n" RECO_PLACE_USAGE,
        reco_cli_config},
    {"diff", "compare two versions of the model",
        " [OPTION]... VERSION [VERSION]\n"
        "\n"
        "  --json              one JSON object in place of text\n" RECO_PLACE_USAGE
        "\n"
        "The second one is the live one where it is left out.\n",
        reco_cli_diff},
    {"eval", "measure the quality of recommendations on history",
        " --train FILE... --test FILE... --protocol P [OPTION]...\n"
        "\n"
        "  --train FILE        history to learn from; may be repeated\n"
        "  --test FILE         what is asked; may be repeated\n"
        "  --items FILE        a catalogue: item, title, category, brand,\n"
        "                      price, born\n"
        "  --protocol P        next, novel, heldout or leave-last\n"
        "  --model M,...       blend (default), session, ials, neighbors,\n"
        "                      rules, popular, vmis, or a source by its name;\n"
        "                      the first is compared with the others\n"
        "  --compare M,...     other models, with the difference's interval\n"
        "  --resamples N       of the paired bootstrap; 1000\n"
        "  --config FILE       trainer.conf, or what \"recoctl tune\" wrote\n"
        "  --set KEY=VALUE     replaces a value; engine.NAME too\n"
        "  --cutoffs K,K,...   lengths of the lists; 5,10,20\n"
        "  --seed N            of everything random; 1\n"
        "  --json              one JSON object in place of a table\n"
        "\n"
        "Files may be compressed with gzip: a table with a header, lines of\n"
        "user item item ..., or pairs of user and item.\n",
        reco_cli_eval},
    {"events", "export events or the catalogue as JSON Lines",
        " [OPTION]...\n"
        "\n"
        "  --visitor ID        of this visitor\n"
        "  --type TYPE         of this type\n"
        "  --since TIME        not older\n"
        "  --limit N           the first N\n"
        "  --items             the catalogue in place of events\n" RECO_PLACE_USAGE
        "\n"
        "\"recoctl import\" reads both.\n",
        reco_cli_events},
    {"explain", "say why an item is recommended, or is not",
        " --visitor ID | --session ITEM,... --item ITEM [OPTION]...\n"
        "\n"
        "  --visitor ID        what the store knows of this visitor\n"
        "  --session ITEM,...  views of these, the page's own last\n"
        "  --item ITEM         the one in question\n"
        "  --n N               of the block; 8\n"
        "  --repeat            items of the session may be recommended\n"
        "  --version VERSION   of the model; the live one\n"
        "  --json              one JSON object in place of text\n" RECO_PLACE_USAGE,
        reco_cli_explain},
    {"export-examples", "write examples to learn the blend's weights from",
        " [OPTION]...\n"
        "\n"
        "  --out FILE          in place of standard output\n"
        "  --from shown|replay blocks that were shown and clicked, or what\n"
        "                      came next in sessions; shown where there are\n"
        "                      clicks, else replay\n"
        "  --share N           of the sessions, the newest, are asked; 0.1\n"
        "  --limit N           requests; 10000\n"
        "  --candidates N      of a request of a replay; 50\n"
        "  --repeat            items of the session may be recommended\n" RECO_PLACE_USAGE
        "\n"
        "Vowpal Wabbit reads them; \"recoctl import-weights\" takes what it\n"
        "learnt.\n",
        reco_cli_export_examples},
    {"forget", "remove every trace of a visitor",
        " [OPTION]... VISITOR...\n"
        "\n"
        "  --memcached HOST[:PORT]\n"
        "                      where nginx keeps profiles (reco_profiles)\n"
        "  --no-redis          leave the streams as they are\n" RECO_PLACE_USAGE,
        reco_cli_forget},
    {"import", "import history or a catalogue into the store",
        " [--state DIR | --config FILE] [OPTION]... FILE...\n"
        "\n"
        "  --format F          csv, tsv or jsonl; by the file's name else\n"
        "  --map FIELD=COLUMN,...\n"
        "                      what is in which column: visitor, session,\n"
        "                      item, ts, type, id, qty, price, ...; also\n"
        "                      COLUMN|COLUMN, text{COLUMN} and \"text\"\n"
        "  --null TEXT         means none, in visitor, session and item\n"
        "  --type TYPE         of rows that name none; view\n"
        "  --types WORD=TYPE,...\n"
        "                      the file's words for types\n"
        "  --items             rows are the catalogue: item, title, url,\n"
        "                      image, category, brand, price, currency,\n"
        "                      available\n"
        "  --complete          what no row names is off sale from now on\n"
        "  --latest TIME       move all times so that the newest is TIME; now\n"
        "  --delimiter C       between fields\n"
        "  --no-header         columns are numbers from 1\n"
        "  --check             import nothing, only say what is refused\n"
        "  --show N            refused rows to tell of; 20\n" RECO_PLACE_USAGE
        "\n"
        "Files may be compressed with gzip; - is standard input.  Importing a\n"
        "file again adds nothing.\n",
        reco_cli_import},
    {"import-factors", "take vectors of items that were learnt elsewhere",
        " --items FILE.npy --ids FILE [OPTION]...\n"
        "\n"
        "  --items FILE.npy    a row of float32 or float64 for each item\n"
        "  --ids FILE          their ids, one a line\n"
        "  --users FILE.npy    vectors of users, to tune the index on\n"
        "  --user-ids FILE     whose they are: visitors get them, a line each\n"
        "  --fold-in ials|mean how a visitor gets a vector; ials\n"
        "  --version VERSION   of which the new one has all else; the live one\n"
        "  --promote           make the new version live\n" RECO_PLACE_USAGE,
        reco_cli_import_factors},
    {"import-weights", "take weights of the blend that were learnt elsewhere",
        " [OPTION]... FILE\n"
        "\n"
        "  --conf              print lines for trainer.conf, make no version\n"
        "  --version VERSION   of which the new one has all else; the live one\n"
        "  --promote           make the new version live\n" RECO_PLACE_USAGE
        "\n"
        "FILE is what Vowpal Wabbit's --invert_hash or --readable_model wrote,\n"
        "or lines of NAME VALUE.\n",
        reco_cli_import_weights},
    {"outbox", "look at the outbox files of nginx's workers",
        " show|verify|print DIRECTORY|FILE...\n"
        "\n"
        "  show                what waits in each file, and who holds it\n"
        "  verify              the same; fails where a record is damaged\n"
        "  print               the events that wait, as JSON Lines, which\n"
        "                      \"recoctl import\" reads\n"
        "\n"
        "Nothing is changed, and nginx may be running.\n",
        reco_cli_outbox},
    {"pin", "hold a version live, whatever is trained",
        " [OPTION]... [VERSION]\n"
        "\n"
        "  --off               let new versions become live again\n" RECO_PLACE_USAGE
        "\n"
        "Without a version: the live one.\n",
        reco_cli_pin},
    {"promote", "make a version live",
        " [OPTION]... VERSION\n"
        "\n" RECO_PLACE_USAGE,
        reco_cli_promote},
    {"replay", "feed recorded history through a front door, and measure",
        " --url http://HOST:PORT --state DIR [OPTION]...\n"
        "\n"
        "  --url URL           of an nginx whose trainer learns from it: a\n"
        "                      shop for trying things on\n"
        "  --rate N            events a second; 1000\n"
        "  --speed N           N times as fast as they were, in place of that\n"
        "  --ask SHARE         of the events that are predicted first; 1\n"
        "  --slot NAME         whose block is asked for; related\n"
        "  --position E        of the position model: place r is looked at\n"
        "                      with probability r^-E; 1\n"
        "  --clicks            send impressions and simulated clicks too\n"
        "  --probes N          a second, of items that nobody knows, to see\n"
        "                      how long an event takes to change others'\n"
        "                      blocks; 0\n"
        "  --beacon PATH       /reco/beacon\n"
        "  --api PATH          /reco/v1/\n" RECO_PLACE_USAGE "\n"
        "The history is that of the store.  Each visit comes from a visitor of\n"
        "its own; its events happen now.\n",
        reco_cli_replay},
    {"retry", "put entries that the trainer refused back into the stream",
        " [OPTION]...\n"
        "\n"
        "  --reason R          only those that were refused for it\n"
        "  --dry-run           only say how many\n" RECO_PLACE_USAGE,
        reco_cli_retry},
    {"rollback", "make the version live that was before",
        " [OPTION]...\n"
        "\n" RECO_PLACE_USAGE,
        reco_cli_rollback},
    {"show", "print the manifest of a version",
        " [OPTION]... [VERSION]\n"
        "\n" RECO_PLACE_USAGE "\n"
        "Without a version: the live one.\n",
        reco_cli_show},
    {"status", "tell how store, model and streams are",
        " [OPTION]...\n"
        "\n"
        "  --json              one JSON object in place of text\n" RECO_PLACE_USAGE,
        reco_cli_status},
    {"tail", "follow the stream of events",
        " [OPTION]...\n"
        "\n"
        "  --lines N           of the past, from each shard; 10\n"
        "  --visitor ID        of one visitor\n"
        "  --type TYPE         of one type\n"
        "  --json              JSON Lines in place of text\n"
        "  --rejected          what was refused at the door instead\n"
        "  --once              end when everything is shown\n" RECO_PLACE_USAGE,
        reco_cli_tail},
    {"train", "train a version from the store and publish it",
        " [OPTION]...\n"
        "\n"
        "  --force             publish although the gate says no\n"
        "  --json              one JSON object in place of text\n" RECO_PLACE_USAGE,
        reco_cli_train},
    {"tune", "search parameters on a part of history that was kept apart",
        " --train FILE... --valid FILE... --protocol P --out CONF ...\n"
        "\n"
        "  --train FILE        history to learn from; may be repeated\n"
        "  --valid FILE        what is asked, later than it; may be repeated\n"
        "  --items FILE        a catalogue, as of \"recoctl eval\"\n"
        "  --protocol P        next, novel, heldout or leave-last\n"
        "  --metric NAME       to raise; NDCG@20\n"
        "  --budget SECONDS    600\n"
        "  --trials N          no more than these, in the runs of all\n"
        "  --seed N            of everything random; 1\n"
        "  --config FILE       to start from\n"
        "  --set KEY=VALUE     replaces a value; engine.NAME too\n"
        "  --out CONF          the best so far, for eval --config and\n"
        "                      trainer.conf; CONF.trials has every trial, and\n"
        "                      a second run goes on from there\n",
        reco_cli_tune},
    {"versions", "list the versions of the model",
        " [OPTION]...\n"
        "\n"
        "  --verify            read every byte of each\n"
        "  --json              one JSON array in place of a table\n" RECO_PLACE_USAGE,
        reco_cli_versions},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))


static void
print_summary(FILE *out)
{
    size_t i;

    fprintf(out, "Usage: recoctl COMMAND [OPTION]...\n\nCommands:\n");

    for (i = 0; i < NCOMMANDS; i++) {
        fprintf(out, "  %-18s %s\n", commands[i].name, commands[i].summary);
    }

    fprintf(out, "\n\"recoctl help COMMAND\" tells its options.\n");
}


static const command_t *
find_command(const char *name)
{
    size_t i;

    for (i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }

    fprintf(stderr, "recoctl: no command \"%s\"; \"recoctl help\" lists them\n",
        name);

    return NULL;
}


static void
print_usage(const command_t *command)
{
    int line;

    line = (int) strcspn(command->usage, "\n");
    printf("Usage: recoctl %s%.*s\n\n%c%s.\n%s", command->name, line,
        command->usage, command->summary[0] - 'a' + 'A', command->summary + 1,
        command->usage + line + 1);
}


static int
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}


static int
help(int argc, char **argv)
{
    const command_t *command;

    if (argc < 3) {
        print_summary(stdout);
        return RECO_CLI_OK;
    }

    command = find_command(argv[2]);
    if (command == NULL) {
        return RECO_CLI_USAGE;
    }

    print_usage(command);

    return RECO_CLI_OK;
}


/* What these make is a file of the user's, --out, and no part of a version. */
static int
writes_out(const command_t *command)
{
    return command->run == reco_cli_export_examples
           || command->run == reco_cli_tune;
}


int
main(int argc, char **argv)
{
    const command_t *command;
    int i;

    if (argc < 2) {
        print_summary(stderr);
        return RECO_CLI_USAGE;
    }

    if (strcmp(argv[1], "help") == 0 || is_help(argv[1])) {
        return help(argc, argv);
    }

    command = find_command(argv[1]);
    if (command == NULL) {
        return RECO_CLI_USAGE;
    }

    for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i])) {
            print_usage(command);
            return RECO_CLI_OK;
        }
    }

    reco_fault_install("recoctl");

    /* Versions are for the workers, who are another user, to read. */
    if (!writes_out(command)) {
        umask(022);
    }

    return command->run(argc - 1, argv + 1);
}

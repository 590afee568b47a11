/*
 * recoctl, the one tool for people.
 */

#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


typedef struct {
    const char *name;
    const char *summary;
    const char *usage; /* what follows "recoctl NAME" */
    int (*run)(int argc, char **argv);
} command_t;


static const command_t commands[] = {
    {"config", "check a trainer.conf and print what it amounts to",
        " [--config FILE] [--set KEY=VALUE]...\n"
        "\n"
        "  --config FILE    trainer.conf; without it, the defaults\n"
        "  --set KEY=VALUE  replaces a value\n",
        reco_cli_config},
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
    printf("Usage: recoctl %s%s\n%c%s.\n", command->name, command->usage,
        command->summary[0] - 'a' + 'A', command->summary + 1);
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

    return command->run(argc - 1, argv + 1);
}

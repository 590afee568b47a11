#include "words.h"

#include <stdio.h>
#include <string.h>


int
reco_words_find(const char *const *words, const char *text)
{
    int place;

    for (place = 0; words[place] != NULL; place++) {
        if (strcmp(words[place], text) == 0) {
            break;
        }
    }

    return place;
}


void
reco_words_list(const char *const *words, char *out, size_t size)
{
    size_t len;

    out[0] = '\0';

    for (len = 0; *words != NULL && len < size; words++) {
        len += (size_t) snprintf(out + len, size - len, " %s", *words);
    }
}

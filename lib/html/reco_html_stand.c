#include "reco_html_stand.h"
#include "reco_html_passages.h"

#include <string.h>


int
reco_html_stand_tells(const reco_html_rewriter_t *r)
{
    return !r->parser.lost && r->ending_count == 0 && !r->dropping
           && r->parser.tree.depth <= RECO_HTML_STAND_DEPTH
           && (reco_html_rewriter_place(r) == 0
               || reco_html_rewriter_place(r) >= RECO_HTML_CHARSET_SPAN);
}


size_t
reco_html_stand_write(const reco_html_rewriter_t *r, char *out)
{
    char *p;
    reco_html_stand_t stand;
    const reco_html_tree_t *tree;

    tree = &r->parser.tree;
    stand.plan = r->plan;
    stand.filled = r->filled;
    stand.around = tree->spaces[-1];
    stand.depth = (uint16_t) tree->depth;
    stand.begin = reco_html_rewriter_place(r) == 0;
    stand.charset = r->sniffer.charset;

    p = reco_html_passage_append(out, &stand, sizeof(stand));
    p = reco_html_passage_append(
        p, tree->names, tree->depth * sizeof(*tree->names));

    if (tree->matches != NULL) {
        p = reco_html_passage_append(
            p, tree->matches, tree->depth * sizeof(*tree->matches));
    }

    p = reco_html_passage_append(
        p, tree->spaces, tree->depth * sizeof(*tree->spaces));

    return (size_t) (p - out);
}


void
reco_html_stand_take(reco_html_rewriter_t *r, reco_str_t text)
{
    const char *p;
    reco_html_tree_t *tree;
    reco_html_stand_t stand;

    tree = &r->parser.tree;
    memcpy(&stand, text.data, sizeof(stand));

    p = text.data + sizeof(stand);
    memcpy(tree->names, p, stand.depth * sizeof(*tree->names));
    p += stand.depth * sizeof(*tree->names);

    if (tree->matches != NULL) {
        memcpy(tree->matches, p, stand.depth * sizeof(*tree->matches));
        p += stand.depth * sizeof(*tree->matches);
    }

    memcpy(tree->spaces, p, stand.depth * sizeof(*tree->spaces));

    r->sniffer.charset = stand.charset;
    reco_html_parser_close(&r->parser, stand.depth);
}

#include "replay_door.h"

#include <cjson/cJSON.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PATH_MAX_BYTES 1536


/* Percent-encoded; 0: no room. */
static int
add_encoded(char *path, size_t *len, size_t size, reco_str_t text)
{
    size_t i;
    unsigned char c;

    for (i = 0; i < text.len; i++) {
        c = (unsigned char) text.data[i];
        if (*len + 4 > size) {
            return 0;
        }
        *len += (size_t) snprintf(path + *len, size - *len,
            isalnum(c) || c == '-' || c == '_' || c == '.' ? "%c" : "%%%02X",
            c);
    }

    return 1;
}


static void
read_block(const cJSON *root, reco_replay_block_t *block)
{
    const cJSON *item, *id, *request;
    cJSON *ids;

    block->nitems = 0;
    block->request[0] = '\0';
    ids = cJSON_CreateArray();

    request = cJSON_GetObjectItemCaseSensitive(root, "request");
    if (cJSON_IsString(request)) {
        snprintf(
            block->request, sizeof(block->request), "%s", request->valuestring);
    }

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "items"))
    {
        id = cJSON_GetObjectItemCaseSensitive(item, "id");
        if (cJSON_IsString(id) && block->nitems < RECO_REPLAY_ITEMS_MAX) {
            block->items[block->nitems++] = reco_item_key(
                (reco_str_t){strlen(id->valuestring), id->valuestring});
            cJSON_AddItemToArray(ids, cJSON_CreateString(id->valuestring));
        }
    }

    if (!cJSON_PrintPreallocated(ids, block->ids, sizeof(block->ids), 0)) {
        strcpy(block->ids, "[]");
    }
    cJSON_Delete(ids);
}


reco_status_t
reco_replay_ask(reco_replay_door_t *door, const char *visitor, reco_str_t item,
    unsigned n, reco_replay_block_t *block, reco_error_t *error)
{
    char path[PATH_MAX_BYTES];
    reco_status_t status;
    size_t len;
    cJSON *root;

    len = (size_t) snprintf(path, sizeof(path),
        "%.256srecommendations?slot=%.64s&n=%u&item=", door->api, door->slot,
        n);
    if (!add_encoded(path, &len, sizeof(path), item)) {
        return reco_error_set(error, RECO_DECLINED, "an item's id is too long");
    }

    status = reco_cli_http_ask(&door->http, path, visitor, NULL, error);
    if (status != RECO_OK) {
        return status;
    }

    root = door->http.status == 200
               ? cJSON_ParseWithLength(door->http.body, door->http.body_len)
               : NULL;
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return reco_error_set(error, RECO_DECLINED,
            "\"%s\" is answered with %d, not with a block", path,
            door->http.status);
    }

    read_block(root, block);
    cJSON_Delete(root);

    return RECO_OK;
}


unsigned
reco_replay_place(const reco_replay_block_t *block, uint64_t item)
{
    unsigned place;

    for (place = 0; place < block->nitems && block->items[place] != item;
         place++) {
        /* void */
    }

    return place;
}


reco_status_t
reco_replay_send(reco_replay_door_t *door, const char *visitor,
    const char *body, reco_error_t *error)
{
    reco_status_t status;

    status = reco_cli_http_ask(&door->http, door->beacon, visitor, body, error);
    if (status != RECO_OK || door->http.status == 204) {
        return status;
    }

    return reco_error_set(error, RECO_DECLINED,
        "\"%s\" is answered with %d: %.150s", door->beacon, door->http.status,
        door->http.body);
}

/*
 * Text and numbers without a locale: what may stand in a string, and decimals
 * of up to six places, which a double carries exactly there and back.
 */

#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include "reco.h"


/* Real numbers of events are multiples of 1 / RECO_EVENT_MICROS. */
#define RECO_EVENT_MICROS 1000000

/* Room for any int64_t or decimal, with sign and point. */
#define RECO_EVENT_NUMBER_MAX 24

/* True where text holds a control character: a byte below 0x20, DEL, or
   U+0080 to U+009F. */
int reco_event_has_control(reco_str_t text);

/* True where every byte is printable ASCII and none a space. */
int reco_event_is_token(reco_str_t text);

/* Writes the decimal and returns its length. */
size_t reco_event_format_int64(int64_t number, char *out);

/* number is rounded to six places; trailing zeros are left out. */
size_t reco_event_format_real(double number, char *out);

/* RECO_INVALID: number has a fraction, or is beyond what a double counts. */
reco_status_t reco_event_format_whole(double number, char *out, size_t *len);

/*
 * [-]digits[.digits], nothing else.  RECO_INVALID: not a number;
 * RECO_TOO_LARGE: beyond ±9.0e15.
 */
reco_status_t reco_event_parse_real(reco_str_t text, double *number);

/* number rounded to a multiple of a millionth; |number| below 9.0e9. */
double reco_event_round(double number);

/* 16 lower-case hex digits, and back from 1 to 16 of any case. */
#define RECO_EVENT_HEX_LEN 16

void reco_event_format_hex(uint64_t number, char *out);
reco_status_t reco_event_parse_hex(reco_str_t text, uint64_t *number);

#endif /* EVENT_TEXT_H */

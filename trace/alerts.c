/* SPDX-License-Identifier: MIT */
/* table */
#include "trace/words.h"

#include <string.h>

/*
 * Who minds what about whom: S is the side that sends the alert, R the side that receives it. An alert's bare
 * name leaves open whose certificate was meant. RFC 5246 7.2.2; RFC 6066 9; RFC 7301 3.2; RFC 7507 3; RFC
 * 8446 6.2.
 */
static const struct {
    uint8_t alert;
    const char *sentence;
} meanings[] = {
    {0, "the S will send no more"},
    {10, "the S got a message from the R that does not belong there"},
    {20,
     "a record from the R does not authenticate at the S: the keys differ, or the bytes were changed on their way"},
    {21, "a record from the R could not be decrypted by the S"},
    {22, "a record from the R is longer than the S allows"},
    {30, "the S could not decompress what the R sent"},
    {40,
     "the S and the R have nothing in common that both accept, or the R lacks a certificate that the S requires"},
    {42,
     "the R's certificate was refused by the S: it is malformed, or a signature, a date or the name in it is wrong"},
    {43,
     "the R's certificate was refused by the S: it is of a kind or for a purpose that the S does not take"},
    {44, "the R's certificate was refused by the S: it is revoked"},
    {45, "the R's certificate was refused by the S: it has expired, or the clocks differ"},
    {46, "the R's certificate was refused by the S, for a reason that no other alert names"},
    {47, "the S got a value from the R that cannot be"},
    {48, "the R's certificate was refused by the S: its issuer is not one that the S trusts"},
    {49, "the R's certificate is valid, but the S does not let the R in"},
    {50, "the S could not decode a message from the R"},
    {51, "a signature or a Finished from the R does not verify at the S"},
    {60, "export restrictions are not observed"},
    {70, "the S does not speak the protocol version that the R offers"},
    {71, "what the R offers is not strong enough for the S"},
    {80, "the S failed, without a fault of the R"},
    {86, "the R fell back to an older version although the S has a newer one"},
    {90, "the S gave up, without a fault of the protocol"},
    {100, "the S does not renegotiate"},
    {109, "a message from the R lacks an extension that the S needs"},
    {110, "the R answered an extension that the S did not offer"},
    {111, "the S could not fetch the R's certificate"},
    {112, "the S does not serve the host name that the R asks for"},
    {113, "the certificate status that the R sent was refused by the S"},
    {114, "the certificate that the S fetched is not the one the R named"},
    {115, "the S does not know the pre-shared key identity of the R"},
    {116, "the S requires a certificate and the R sent none"},
    {120, "the S speaks none of the application protocols that the R offers"},
};

void words_alert(struct text *out, uint8_t alert, hf_side by)
{
    const char *sentence = "the S sent an alert that no RFC names";
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].alert == alert) {
            sentence = meanings[i].sentence;
        }
    }
    for (const char *at = sentence; *at != '\0'; at++) {
        bool alone = at > sentence && at[-1] == ' ' &&
                     (at[1] == ' ' || at[1] == '\'' || at[1] == ':' || at[1] == ',' || at[1] == '\0');
        if (alone && (*at == 'S' || *at == 'R')) {
            text_add(out, side_word(*at == 'S' ? by : side_other(by)));
        } else {
            text_add_bytes(out, at, 1);
        }
    }
}

void words_alert_by_direction(struct text *out, uint8_t alert, hf_side by, bool ascii)
{
    text_print(out, "%s %s %s: %s (%u): ", side_word(by), ascii ? "->" : "→", side_word(side_other(by)),
               hf_alert_name(alert), (unsigned)alert);
    words_alert(out, alert, by);
}

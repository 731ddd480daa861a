/* SPDX-License-Identifier: MIT */
/*
 * Messages told field by field: what is well-formed is told as the RFCs have it, byte for byte accounted for;
 * what is cut short or changed is told as malformed, and never harms. A row of extension_bodies.c needs a
 * sample here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "wire/describe.h"
#include "wire/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- what is told, as one line: depth as '>', then name, value ---- */
struct seen {
    char line[8192];
    size_t used, fields, malformed;
    size_t behind[16]; /* where the next field of each depth may begin */
    size_t end[16];    /* and where it must end */
    size_t covered;    /* end of the last field of depth 0 */
    bool gap;
};

static void add(struct seen *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct seen *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(s->line + s->used, sizeof s->line - s->used, format, arguments);
    va_end(arguments);
    s->used += (size_t)len < sizeof s->line - s->used ? (size_t)len : 0;
}

static void tell_value(struct seen *s, const struct described *d)
{
    switch (d->kind) {
    case DESCRIBED_GROUP:
        add(s, "#%u", (unsigned)d->number);
        break;
    case DESCRIBED_EXTENSION:
        add(s, "@%u", (unsigned)d->number);
        break;
    case DESCRIBED_NUMBER:
        add(s, "=%u%s%s", (unsigned)d->number, *d->text ? "/" : "", d->text);
        break;
    case DESCRIBED_TEXT:
        add(s, "='%s'", d->text);
        break;
    case DESCRIBED_BYTES:
        add(s, "=%zu bytes%s%s", d->bytes.len, *d->text ? "/" : "", d->text);
        break;
    case DESCRIBED_MALFORMED:
        add(s, "!%s", d->text);
        break;
    }
    add(s, "%s",
        d->privacy == PRIVACY_PERSONAL     ? "(personal)"
        : d->privacy == PRIVACY_CREDENTIAL ? "(credential)"
                                           : "");
}

/* Members stand inside of their group, one behind the other. */
static void check_place(struct seen *s, const struct described *d)
{
    assert_true(d->depth < 15);
    assert_true(d->offset >= s->behind[d->depth]);
    assert_true(d->offset + d->length <= s->end[d->depth]);
    assert_true(d->bytes.len <= d->length);
    s->behind[d->depth] = d->offset + d->length;
    s->behind[d->depth + 1] = d->offset;
    s->end[d->depth + 1] = d->offset + d->length;
    if (d->depth == 0) {
        s->gap |= d->offset > s->covered;
        s->covered = d->offset + d->length;
    }
}

static void see(void *arg, const struct described *d)
{
    struct seen *s = arg;
    assert_non_null(d->name);
    assert_non_null(d->text);
    assert_non_null(d->rfc);
    check_place(s, d);
    s->fields++;
    s->malformed += d->kind == DESCRIBED_MALFORMED;
    add(s, "%s%.*s%s", s->used ? " " : "", (int)d->depth, ">>>>>>>>>>>>>>>", d->name);
    tell_value(s, d);
}

/* In exactly so much memory that ASan sees a read beyond it. */
static void describe(struct seen *s, struct slice message, const struct setting *setting)
{
    uint8_t *copy = malloc(message.len ? message.len : 1);
    assert_non_null(copy);
    memcpy(copy, message.len ? message.data : (const uint8_t *)"", message.len);
    memset(s, 0, sizeof *s);
    s->end[0] = message.len;
    s->covered = HANDSHAKE_HEADER;
    describe_message(slice_of(copy, message.len), setting, see, s);
    free(copy);
}

static const struct setting from_client = {TLS_1_2, 0, true, false}, from_server = {TLS_1_2, 0, false, false};

/* A hello with one extension. */
static struct slice hello(enum place place, uint16_t code, struct slice body, uint8_t *room, size_t size)
{
    struct writer w = writer_of(room, size);
    bool client = place == IN_CLIENT_HELLO;
    write_number(&w, client ? 1 : 2, 1);
    size_t message = write_open(&w, 3);
    write_number(&w, TLS_1_2, 2);
    for (int i = 0; i < RANDOM_SIZE; i++) {
        write_number(&w, 7, 1);
    }
    write_number(&w, 0, 1);
    write_number(&w, client ? 0x2c02b : 0xc02b, client ? 4 : 2);
    write_number(&w, client ? 0x100 : 0, client ? 2 : 1);
    size_t extensions = write_open(&w, 2);
    write_number(&w, code, 2);
    write_vector(&w, 2, body);
    write_close(&w, extensions, 2);
    write_close(&w, message, 3);
    assert_false(w.full);
    return written(&w);
}

/* ---- samples ---- */
static const struct sample {
    enum place place;
    uint16_t code;
    const char *body; /* "\x" escapes */
    size_t len;
    const char *told; /* behind the extension's own line */
    size_t whole;     /* bits: prefixes of so many bytes are whole too */
} samples[] = {
#define BODY(bytes) bytes, sizeof(bytes) - 1
    {IN_CLIENT_HELLO, EXTENSION_SERVER_NAME,
     BODY("\0\x0c\0\0\x09"
          "a.example"),
     ">>server_name_list#1 >>>ServerName#0 >>>>name_type=0/host_name >>>>host_name='a.example'", 0},
    {IN_CLIENT_HELLO, EXTENSION_SERVER_NAME, BODY("\0\x06\x07\0\x03xyz"),
     ">>server_name_list#1 >>>ServerName#0 >>>>name_type=7/unknown >>>>name=3 bytes", 0},
    {IN_SERVER_HELLO, EXTENSION_SERVER_NAME, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_MAX_FRAGMENT_LENGTH, BODY("\x02"), ">>max_fragment_length=2/2^10, 1024 bytes",
     0},
    {IN_SERVER_HELLO, EXTENSION_MAX_FRAGMENT_LENGTH, BODY("\x09"), ">>max_fragment_length=9/unknown", 0},
    {IN_CLIENT_HELLO, EXTENSION_CLIENT_CERTIFICATE_URL, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_TRUSTED_CA_KEYS,
     BODY("\0\x32"
          "\0"
          "\1"
          "abcdefghijklmnopqrst"
          "\3"
          "abcdefghijklmnopqrst"
          "\2\0\4"
          "\x30\x02\x31\x00"),
     ">>trusted_authorities_list#4 >>>TrustedAuthority#0 >>>>identifier_type=0/pre_agreed"
     " >>>TrustedAuthority#0 >>>>identifier_type=1/key_sha1_hash >>>>sha1_hash=20 bytes"
     " >>>TrustedAuthority#0 >>>>identifier_type=3/cert_sha1_hash >>>>sha1_hash=20 bytes"
     " >>>TrustedAuthority#0 >>>>identifier_type=2/x509_name >>>>distinguished_name=4 bytes",
     0},
    {IN_SERVER_HELLO, EXTENSION_TRUSTED_CA_KEYS, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_TRUNCATED_HMAC, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_STATUS_REQUEST, BODY("\1\0\5\0\3idx\0\2ex"),
     ">>status_type=1/ocsp >>responder_id_list#1 >>>ResponderID=3 bytes >>request_extensions=2 bytes", 0},
    {IN_CLIENT_HELLO, EXTENSION_STATUS_REQUEST, BODY("\x09zz"), ">>status_type=9/unknown >>request=2 bytes",
     6},
    {IN_SERVER_HELLO, EXTENSION_STATUS_REQUEST, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_USER_MAPPING, BODY("\2\x40\x01"),
     ">>user_mapping_types#2 >>>UserMappingType=64/upn_domain_hint >>>UserMappingType=1/unknown", 0},
    {IN_CLIENT_HELLO, EXTENSION_SUPPORTED_GROUPS, BODY("\0\6\0\x17\x0a\x0a\x7f\x7f"),
     ">>named_group_list#3 >>>NamedGroup=23/secp256r1 >>>NamedGroup=2570/GREASE_0A0A >>>NamedGroup=32639/unknown",
     0},
    {IN_SERVER_HELLO, EXTENSION_EC_POINT_FORMATS, BODY("\2\0\1"),
     ">>ec_point_format_list#2 >>>ECPointFormat=0/uncompressed >>>ECPointFormat=1/ansiX962_compressed_prime",
     0},
    {IN_CLIENT_HELLO, EXTENSION_SIGNATURE_ALGORITHMS, BODY("\0\4\4\3\x08\x07"),
     ">>supported_signature_algorithms#2 >>>SignatureScheme=1027/ecdsa_secp256r1_sha256"
     " >>>SignatureScheme=2055/ed25519",
     0},
    {IN_CLIENT_HELLO, EXTENSION_ALPN, BODY("\0\x0c\2h2\x08http/1.1"),
     ">>protocol_name_list#2 >>>ProtocolName='h2' >>>ProtocolName='http/1.1'", 0},
    {IN_SERVER_HELLO, EXTENSION_ALPN, BODY("\0\4\3\x1b[2"), ">>protocol_name_list#1 >>>ProtocolName='?[2'",
     0},
    {IN_CLIENT_HELLO, EXTENSION_STATUS_REQUEST_V2, BODY("\0\x0f\2\0\4\0\0\0\0\1\0\0\x08\0\2zz"),
     ">>certificate_status_req_list#3"
     " >>>CertificateStatusRequestItemV2#0 >>>>status_type=2/ocsp_multi >>>>request#0"
     " >>>>>responder_id_list#0 >>>>>request_extensions=0 bytes"
     " >>>CertificateStatusRequestItemV2#0 >>>>status_type=1/ocsp >>>>request#0"
     " >>>>>responder_id_list!needs 2 bytes, has 0"
     " >>>CertificateStatusRequestItemV2#0 >>>>status_type=8/unknown >>>>request=2 bytes",
     0},
    {IN_SERVER_HELLO, EXTENSION_STATUS_REQUEST_V2, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, BODY(""), "", 0},
    {IN_SERVER_HELLO, EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, BODY("\0\x09\0\3sct\0\2ab"),
     ">>sct_list#2 >>>SerializedSCT=3 bytes >>>SerializedSCT=2 bytes", 0},
    /* RFC 7250 3 */
    {IN_CLIENT_HELLO, EXTENSION_CLIENT_CERTIFICATE_TYPE, BODY("\2\2\0"),
     ">>types#2 >>>CertificateType=2/RawPublicKey >>>CertificateType=0/X509", 0},
    {IN_SERVER_HELLO, EXTENSION_CLIENT_CERTIFICATE_TYPE, BODY("\2"), ">>type=2/RawPublicKey", 0},
    {IN_CLIENT_HELLO, EXTENSION_SERVER_CERTIFICATE_TYPE, BODY("\1\x09"),
     ">>types#1 >>>CertificateType=9/unknown", 0},
    {IN_SERVER_HELLO, EXTENSION_SERVER_CERTIFICATE_TYPE, BODY("\0"), ">>type=0/X509", 0},
    {IN_CLIENT_HELLO, EXTENSION_PADDING, BODY("\0\0\0"), ">>padding=3 bytes/3 zeros", 0xf},
    {IN_CLIENT_HELLO, EXTENSION_PADDING, BODY("\0\1"), ">>padding=2 bytes/not zero from byte 1 on", 0x7},
    {IN_CLIENT_HELLO, EXTENSION_ENCRYPT_THEN_MAC, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_EXTENDED_MASTER_SECRET, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_RECORD_SIZE_LIMIT, BODY("\x40\x01"), ">>record_size_limit=16385", 0},
    {IN_CLIENT_HELLO, EXTENSION_SESSION_TICKET, BODY("abc"), ">>ticket=3 bytes(credential)", 0xf},
    {IN_SERVER_HELLO, EXTENSION_SESSION_TICKET, BODY(""), "", 0},
    {IN_CLIENT_HELLO, EXTENSION_RENEGOTIATION_INFO, BODY("\3abc"), ">>renegotiated_connection=3 bytes", 0},
    /* TLS 1.3's, RFC 8446 4.2, RFC 8879 3 */
    {IN_CLIENT_HELLO, 27, BODY("\4\0\1\0\2"),
     ">>algorithms#2 >>>CertificateCompressionAlgorithm=1/zlib >>>CertificateCompressionAlgorithm=2/brotli",
     0},
    {IN_CLIENT_HELLO, 41,
     BODY("\0\7\0\1t\0\0\0\1\0\x21\x20"
          "abcdefghijklmnopqrstuvwxyz012345"),
     ">>identities#1 >>>PskIdentity#0 >>>>identity=1 bytes(credential) >>>>obfuscated_ticket_age=4 bytes"
     " >>binders#1 >>>PskBinderEntry=32 bytes",
     0},
    {IN_SERVER_HELLO, 41, BODY("\0\3"), ">>selected_identity=3", 0},
    {IN_CLIENT_HELLO, 42, BODY(""), "", 0},
    {IN_CLIENT_HELLO, 43, BODY("\4\3\4\3\3"),
     ">>versions#2 >>>ProtocolVersion=772/TLS 1.3 >>>ProtocolVersion=771/TLS 1.2", 0},
    {IN_SERVER_HELLO, 43, BODY("\3\4"), ">>selected_version=772/TLS 1.3", 0},
    {IN_CLIENT_HELLO, 44, BODY("\0\2ab"), ">>cookie=2 bytes", 0},
    {IN_CLIENT_HELLO, 45, BODY("\2\0\1"),
     ">>ke_modes#2 >>>PskKeyExchangeMode=0/psk_ke >>>PskKeyExchangeMode=1/psk_dhe_ke", 0},
    {IN_CLIENT_HELLO, 47, BODY("\0\6\0\4\x30\x02\x31\x00"), ">>authorities#1 >>>DistinguishedName=4 bytes",
     0},
    {IN_CLIENT_HELLO, 49, BODY(""), "", 0},
    {IN_CLIENT_HELLO, 50, BODY("\0\2\4\3"),
     ">>supported_signature_algorithms#1 >>>SignatureScheme=1027/ecdsa_secp256r1_sha256", 0},
    {IN_CLIENT_HELLO, 51, BODY("\0\7\0\x1d\0\3key"),
     ">>client_shares#1 >>>KeyShareEntry#0 >>>>group=29/x25519 >>>>key_exchange=3 bytes", 0},
    {IN_SERVER_HELLO, 51, BODY("\0\x1d\0\3key"), ">>group=29/x25519 >>key_exchange=3 bytes", 0},
};
#define SAMPLES (sizeof samples / sizeof *samples)
#define EACH_SAMPLE(s) for (const struct sample *s = samples; s < samples + SAMPLES; s++)

static void describe_body(struct seen *seen, const struct sample *s, size_t len)
{
    uint8_t room[512];
    struct slice message = hello(s->place, s->code, slice_of(s->body, len), room, sizeof room);
    describe(seen, message, s->place == IN_CLIENT_HELLO ? &from_client : &from_server);
    assert_false(seen->gap);
    assert_int_equal(seen->covered, message.len);
}

static const char *told_of_body(const struct seen *seen)
{
    const char *extension = strchr(seen->line, '@');
    const char *body = extension ? strstr(extension, " >>") : NULL;
    return body ? body + 1 : "";
}

static void each_sample_is_told_in_words(void **state)
{
    (void)state;
    EACH_SAMPLE(s)
    {
        struct seen seen;
        describe_body(&seen, s, s->len);
        assert_string_equal(told_of_body(&seen), s->told);
    }
}

/* All that is in a hello has a sample: rows for other messages are TLS 1.3's. */
static void each_row_has_a_sample(void **state)
{
    (void)state;
    const struct extension_body *row;
    for (size_t i = 0; (row = extension_body_at(i)) != NULL; i++) {
        bool sampled = !(row->places & (IN_CLIENT_HELLO | IN_SERVER_HELLO));
        EACH_SAMPLE(s)
        {
            sampled |= s->code == row->code && (row->places & s->place);
        }
        if (!sampled) {
            fail_msg("extension %u has no sample in test_describe.c", row->code);
        }
        assert_true(*row->rfc != 0);
    }
}

/* S6 */
static void each_prefix_is_told_as_malformed_or_is_whole(void **state)
{
    (void)state;
    EACH_SAMPLE(s)
    {
        for (size_t len = 0; len < s->len; len++) {
            struct seen seen;
            describe_body(&seen, s, len);
            bool whole = s->whole >> len & 1;
            if ((seen.malformed == 0) != whole) {
                fail_msg("extension %u, %zu of %zu bytes: %s", s->code, len, s->len, seen.line);
            }
        }
    }
}

static void nothing_may_follow_in_silence(void **state)
{
    (void)state;
    EACH_SAMPLE(s)
    {
        uint8_t longer[256];
        struct sample more = *s;
        memcpy(longer, s->body, s->len);
        longer[s->len] = 0x55;
        more.body = (const char *)longer;
        struct seen seen;
        describe_body(&seen, &more, s->len + 1);
        bool takes_all = s->whole || s->code == EXTENSION_PADDING;
        assert_true(takes_all || seen.malformed > 0);
    }
}

/* Any byte changed to anything: told somehow, within the message, all bytes accounted for. */
static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    EACH_SAMPLE(s)
    {
        uint8_t room[512];
        struct slice message = hello(s->place, s->code, slice_of(s->body, s->len), room, sizeof room);
        for (size_t at = 0; at < message.len; at++) {
            uint8_t before = room[at];
            for (unsigned value = 0; value < 256; value += at < 40 ? 51 : 1) {
                struct seen seen;
                room[at] = (uint8_t)value;
                describe(&seen, message, &from_client);
                assert_true(seen.fields > 0);
            }
            room[at] = before;
        }
    }
}

static void each_prefix_of_a_message_is_told(void **state)
{
    (void)state;
    EACH_SAMPLE(s)
    {
        uint8_t room[512];
        struct slice message = hello(s->place, s->code, slice_of(s->body, s->len), room, sizeof room);
        for (size_t len = 1; len < message.len; len++) {
            struct seen seen;
            describe(&seen, slice_of(room, len), &from_server);
            assert_true(seen.malformed > 0);
        }
    }
}

/* ---- messages ---- */
static void expect(const char *bytes, size_t len, struct setting setting, const char *told)
{
    struct seen seen;
    describe(&seen, slice_of(bytes, len), &setting);
    assert_string_equal(seen.line, told);
}
#define EXPECT(bytes, version, suite, client, told) \
    expect(bytes, sizeof(bytes) - 1, (struct setting){version, suite, client, false}, told)

/* RFC 8422 5.4, RFC 5246 7.4.3: the suite says what is in a key exchange */
static void key_exchanges_are_told_by_the_suite(void **state)
{
    (void)state;
    EXPECT("\x0c\0\0\x0a\3\0\x1d\1P\4\3\0\1S", TLS_1_2, 0xc02b, false,
           "curve_type=3/named_curve named_curve=29/x25519 point=1 bytes scheme=1027/ecdsa_secp256r1_sha256 "
           "signature=1 bytes");
    EXPECT("\x0c\0\0\x05\3\0\x1d\1P", TLS_1_2, 0xc018, false,
           "curve_type=3/named_curve named_curve=29/x25519 point=1 bytes");
    EXPECT("\x0c\0\0\x0e\0\1p\0\1g\0\1y\x08\x04\0\1S", TLS_1_2, 0x9e, false,
           "dh_p=1 bytes dh_g=1 bytes dh_ys=1 bytes scheme=2052/rsa_pss_rsae_sha256 signature=1 bytes");
    EXPECT("\x0c\0\0\x05\3\0\x1d\1P", TLS_1_2, 0, false,
           "body=5 bytes/not told further: its shape is not known");
    EXPECT("\x10\0\0\2\1P", TLS_1_2, 0xc02b, true, "point=1 bytes");
    EXPECT("\x10\0\0\3\0\1Y", TLS_1_2, 0x9e, true, "dh_yc=1 bytes");
    EXPECT("\x10\0\0\3\0\1E", TLS_1_2, 0x9c, true, "encrypted_premaster_secret=1 bytes");
}

static void expect_key(const char *bytes, size_t len, uint16_t version, const char *told)
{
    expect(bytes, len, (struct setting){version, 0, true, true}, told);
}

/* RFC 7250 3, RFC 8446 4.4.2: by what was agreed on, a key stands where certificates would. */
static void raw_public_keys_are_told(void **state)
{
    (void)state;
#define KEY(bytes, version, told) expect_key(bytes, sizeof(bytes) - 1, version, told)
    KEY("\x0b\0\0\x04\0\0\1k", TLS_1_2, "subject_public_key_info=1 bytes(personal)");
    KEY("\x0b\0\0\x03\0\0\0", TLS_1_2, "subject_public_key_info=0 bytes(personal)");
    KEY("\x0b\0\0\x04\0\0\2k", TLS_1_2, "subject_public_key_info!its length says 2 bytes, 1 are there");
    KEY("\x0b\0\0\x0a\0\0\0\6\0\0\1k\0\0", TLS_1_3,
        "certificate_request_context=0 bytes certificate_list#1 >CertificateEntry#0 >>cert_data=1 "
        "bytes(personal) >>extensions#0");
}

static void other_messages_are_told(void **state)
{
    (void)state;
    EXPECT("\x04\0\0\x08\0\0\x0e\x10\0\2tk", TLS_1_2, 0, false,
           "lifetime_hint=4 bytes/3600 seconds ticket=2 bytes(credential)");
    EXPECT("\x0e\0\0\0", TLS_1_2, 0, false, "");
    EXPECT("\x0e\0\0\1x", TLS_1_2, 0, false, "rest!1 more bytes, which belong to no field");
    EXPECT("\x0b\0\0\x06\0\0\3\0\0\0", TLS_1_2, 0, false,
           "certificate_list#1 >ASN.1Cert!0 bytes, where 1 to 16777215 may stand");
    EXPECT("\x0b\0\0\x07\0\0\4\0\0\1c", TLS_1_2, 0, true, "certificate_list#1 >ASN.1Cert=1 bytes(personal)");
    EXPECT("\x0b\0\0\x07\0\0\4\0\0\1c", TLS_1_2, 0, false, "certificate_list#1 >ASN.1Cert=1 bytes");
    EXPECT("\x16\0\0\x05\1\0\0\1r", TLS_1_2, 0, false, "status_type=1/ocsp response=1 bytes");
    EXPECT("\x16\0\0\x0b\2\0\0\7\0\0\0\0\0\1r", TLS_1_2, 0, false,
           "status_type=2/ocsp_multi response#2 >OCSPResponse=0 bytes >OCSPResponse=1 bytes");
    EXPECT(
        "\x15\0\0\x1b\1\0\x18\0\1u\1abcdefghijklmnopqrst", TLS_1_2, 0, true,
        "type=1/pkipath url_and_hash_list#1 >URLAndHash#0 >>url='u'(personal) >>padding=1 >>sha1_hash=20 bytes");
    EXPECT("\x17\0\0\x14\0\0\x11\0\0\0\x0d\0\x0b\x40\0\x08\0\3a@b\0\1c", TLS_1_2, 0, true,
           "entries#1 >SupplementalDataEntry#0 >>supp_data_type=0/user_mapping_data >>supplemental_data#0"
           " >>>user_mapping_data_list#1 >>>>UserMappingData#0 >>>>>user_mapping_version=64/upn_domain_hint"
           " >>>>>data#0 >>>>>>user_principal_name='a@b'(personal) >>>>>>domain_name='c'(personal)");
    EXPECT("\x63\0\0\2zz", TLS_1_2, 0, false, "body=2 bytes/not told further: its shape is not known");
    EXPECT("\x14\0\0\x02zz", TLS_1_2, 0, false, "verify_data!2 bytes, where 12 to 12 may stand");
    EXPECT("\x0e\0\0\7", TLS_1_2, 0, false, "header!its header says 7 bytes, 0 are there");
    EXPECT("\x0e\0\0", TLS_1_2, 0, false,
           "header!a handshake message begins with a type and a length, 4 bytes");
    EXPECT("", TLS_1_2, 0, false, "");
}

/* RFC 8701: what means nothing is known as such; what nobody knows stays bytes */
static void unknown_extensions_stay_bytes(void **state)
{
    (void)state;
    static const struct sample grease = {IN_CLIENT_HELLO, 0x5a5a, BODY("\0"), NULL, 0};
    static const struct sample unknown = {IN_CLIENT_HELLO, 0xfe00, BODY("own"), NULL, 0};
    struct seen seen;
    describe_body(&seen, &grease, 1);
    assert_non_null(strstr(seen.line, ">GREASE_5A5A@23130 >>extension_data=1 bytes"));
    describe_body(&seen, &unknown, 3);
    assert_non_null(strstr(seen.line, ">unknown extension@65024 >>extension_data=3 bytes"));
    assert_int_equal(seen.malformed, 0);
}

/* An extension whose length goes beyond the list is told, and what came before it stays readable. */
static void a_list_cut_short_is_told_up_to_there(void **state)
{
    (void)state;
    static const struct sample limit = {IN_CLIENT_HELLO, EXTENSION_RECORD_SIZE_LIMIT, BODY("\x40\0"), NULL,
                                        0};
    uint8_t room[512];
    struct slice message = hello(limit.place, limit.code, slice_of(limit.body, limit.len), room, sizeof room);
    room[message.len - 3] = 9; /* its length */
    struct seen seen;
    describe(&seen, message, &from_client);
    assert_non_null(strstr(seen.line, "extensions#0 >Extension!cut short"));
    assert_non_null(strstr(seen.line, "version=771/TLS 1.2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sample_is_told_in_words),
        cmocka_unit_test(each_row_has_a_sample),
        cmocka_unit_test(each_prefix_is_told_as_malformed_or_is_whole),
        cmocka_unit_test(nothing_may_follow_in_silence),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(each_prefix_of_a_message_is_told),
        cmocka_unit_test(key_exchanges_are_told_by_the_suite),
        cmocka_unit_test(raw_public_keys_are_told),
        cmocka_unit_test(other_messages_are_told),
        cmocka_unit_test(unknown_extensions_stay_bytes),
        cmocka_unit_test(a_list_cut_short_is_told_up_to_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

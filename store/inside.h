/* SPDX-License-Identifier: MIT */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include <handfast/store.h>

#include "store/breaker.h"
#include "store/lru.h"
#include "store/resp.h"
#include "store/slots.h"
#include "store/url.h"

/*
 * A store has servers (one, or the primaries of a cluster), a server has links, a link has a row of commands
 * that were sent and not yet answered. Replies come in that order.
 */
#define LINKS_MAX 16         /* to each server */
#define SERVERS_MAX 64       /* primaries of a cluster */
#define OUT_MAX (256 * 1024) /* bytes not yet sent on a link */
#define AWAITED_MAX 4096     /* replies not yet come on a link */
#define ASKS_MAX 1024        /* commands of the store's user at once */
#define NEGATIVE_MAX 4096    /* keys that were forgotten here */
#define FULL_NAME_SIZE 96    /* "ns:1:i:INDEX" */
#define TROUBLE_SIZE 320

/* Milliseconds. */
#define BEGIN_TIME 2000  /* a connection may take to be made; and as long for TLS, AUTH, SELECT and PING */
#define STUCK_TIME 2000  /* the oldest command may wait; then the link is given up */
#define IDLE_TIME 15000  /* without a command: a PING */
#define PROVEN_TIME 1000 /* a link that stood for so long was no failure */
#define READONLY_TIME \
    5000 /* a replica's link this old is made anew: the name may mean another server by now */
#define REFRESH_TIME 30000            /* the slots of a cluster are asked for again */
#define REFRESH_PAUSE 250             /* and not more often than this */
#define TELL_PAUSE 1000               /* before what was forgotten, and refused, is told again */
#define LONGEST_LIFE (7 * 24 * 3600u) /* seconds */

/* What a reply is to. */
enum awaited {
    AWAIT_GREETING, /* AUTH, SELECT, the first PING */
    AWAIT_PING,
    AWAIT_PROBE,    /* the PING of a half-open breaker */
    AWAIT_TOPOLOGY, /* CLUSTER SLOTS */
    AWAIT_ASKING,   /* ASKING, before a command of another kind */
    AWAIT_LOOKUP,
    AWAIT_WRITE,
    AWAIT_ASK, /* hf_store_ask */
};

/* One-way commands. The rest of a put with indexes: the key joins the index's set, which lives as long as the
 * longest. */
enum write_verb {
    WRITE_SET,
    WRITE_UNLINK,
    WRITE_ADD,          /* SADD index key */
    WRITE_EXPIRE_FIRST, /* PEXPIRE NX: GT alone does nothing to a set that does not expire */
    WRITE_EXPIRE_LATER, /* PEXPIRE GT */
    WRITE_EXPIRE,       /* PEXPIRE, for servers that know neither */
};

struct write {
    enum write_verb verb;
    char key[KEY_SIZE];   /* of a session; in WRITE_EXPIRE_* none */
    char index[KEY_SIZE]; /* WRITE_ADD, WRITE_EXPIRE_* */
    uint64_t life;        /* milliseconds */
};

struct ask;
struct pending {
    enum awaited what;
    bool redirected;    /* once is enough */
    uint64_t until;     /* when the link is given up for want of it; 0: STUCK_TIME from now */
    uint64_t lookup;    /* AWAIT_LOOKUP: its name; key is in write.key, for a reply that comes late */
    bool takes;         /* AWAIT_LOOKUP: with GETDEL */
    struct ask *ask;    /* AWAIT_ASK; NULL: it was given up */
    struct write write; /* AWAIT_WRITE */
};

struct bytes {
    uint8_t *data;
    size_t start, len, room;
};

enum link_state { LINK_DIALING, LINK_GREETING, LINK_READY, LINK_ENDED };

struct server;
struct link {
    uint32_t name;
    enum link_state state;
    struct server *server; /* NULL once ENDED */
    struct link *next;     /* ENDED: the next one to be hung up */
    uint64_t since;        /* of this state */
    uint64_t used;         /* the last command */
    hf_conn *tls;
    struct resp resp;
    struct bytes out;
    struct pending *ring;
    size_t ring_start, ring_len, ring_room;
    unsigned greetings; /* replies left before it is ready */
};

struct server {
    struct url_node at;
    struct link *link[LINKS_MAX];
    bool primary; /* it has slots, or is the only server; else it is here to tell of the others */
    bool old;     /* it knows no PEXPIRE NX and GT */
    bool no_take; /* nor GETDEL, or does not let us */
    struct backoff backoff;
    uint64_t dial_at;
    struct breaker breaker;
};

struct lookup {
    uint64_t name; /* 0: free */
    uint64_t started, deadline;
    hf_store_done *done;
    void *arg;
    struct server *server;
    bool take;               /* the record is to be deleted with it */
    uint32_t earlier, later; /* by deadline; in a free one later is the next free */
    char key[KEY_SIZE];
};
#define NO_LOOKUP UINT32_MAX

struct ask {
    struct ask *next;
    struct ask *whole; /* of a command to every server; this is a part of it */
    unsigned parts;    /* of this whole, not yet answered */
    bool every, sent, redirected;
    bool incomplete; /* a whole: memory did not suffice for all of its parts */
    bool keyed;      /* slot is whose server it goes to */
    uint16_t slot;
    struct server *server; /* a part's */
    uint64_t deadline;
    hf_store_replied *replied;
    void *arg;
    hf_bytes command; /* encoded */
};

struct hf_store {
    struct url url;
    hf_store_options options; /* with the defaults in */
    char prefix[40];          /* "ns:1:" */
    hf_config *tls;
    uint64_t now, random;
    uint32_t last_link;
    uint64_t last_lookup;
    struct server *server[SERVERS_MAX];
    size_t servers;
    struct link *ended;
    struct lookup *lookup;
    uint32_t free_lookup, earliest, latest; /* indexes */
    uint32_t lookups;                       /* open */
    bool expiring;                          /* those whose time is over are being ended */
    struct lru records; /* memory: all of them; else what serves while the store is down */
    struct lru negative;
    bool untold;      /* a key of negative is not told yet */
    uint64_t tell_at; /* then: when to try again, where a link is ready */
    struct ask *asks;
    size_t ask_count;
    uint8_t *slots; /* a cluster's: index of the server + 1, 0: unknown */
    bool mapped;
    uint64_t refresh_at, refresh_not_before;
    bool refreshing;
    uint64_t alone_since; /* a cluster without a ready link; UINT64_MAX: it has one */
    bool ending;          /* being freed: nothing begins any more */
    hf_store_stats stats;
    char trouble[TROUBLE_SIZE];
};

/* ---- time and chance (time.c) ---- */
void store_clock(struct hf_store *s, uint64_t now); /* never runs back */
uint64_t store_random(struct hf_store *s);
/* When a server wants another link. Only one that answers is given more than one. */
uint64_t server_dial_due(const struct hf_store *s, const struct server *server);

/* ---- what went wrong, for people (trouble.c) ---- */
/* About a server (may be NULL); what it said (may be NULL) is made harmless. */
void trouble(struct hf_store *s, const struct server *about, const char *sentence, const hf_bytes *said);
/* What an error reply means. */
struct meaning {
    const char *word; /* NULL: any other */
    const char *remedy;
    bool failure; /* of the server, for the breaker */
    bool hang_up; /* the link is of no use */
    bool refresh; /* the cluster has changed */
};
const struct meaning *meaning_of(const hf_store_reply *error);

/* ---- servers (servers.c) ---- */
struct server *server_add(struct hf_store *s, const char *host, uint16_t port);
struct server *server_find(const struct hf_store *s, const char *host, uint16_t port);
void server_remove(struct hf_store *s, size_t i);
/* Whose a key is; NULL: not known (yet). */
struct server *server_of_slot(const struct hf_store *s, uint16_t slot);
struct server *server_of_name(const struct hf_store *s, const char *full_name);
/* A ready link of it; the same for the same key as long as none comes or goes, so that a key's commands stay
 * in order. */
struct link *server_link(const struct server *server, const char *key);
unsigned server_ready(const struct server *server);
bool any_ready(const struct hf_store *s);

/* ---- links (link.c) ---- */
struct link *link_new(struct hf_store *s, struct server *server, size_t place);
struct link *link_find(const struct hf_store *s, uint32_t name);
void link_free(struct link *l);
/* Ends it: everything it owed fails, and hf_store_hang_up will name it. */
void link_end(struct hf_store *s, struct link *l);
/* The caller connected it: TLS begins, AUTH and so on are sent. */
void link_greet(struct hf_store *s, struct link *l);
/* Sends a command whose reply is awaited as p says. False: it holds too much already, or out of memory. */
bool link_send(struct hf_store *s, struct link *l, const struct command *c, const struct pending *p);
bool link_send_encoded(struct hf_store *s, struct link *l, hf_bytes encoded, const struct pending *p);
/* Word by word, without arguments that are not constant: "PING". */
bool link_send_words(struct hf_store *s, struct link *l, const char *words, enum awaited what);
void link_ready(struct hf_store *s, struct link *l);
struct pending *link_oldest(const struct link *l);
void link_dropped(struct link *l); /* the oldest was answered */

/* ---- bytes on a link (flow.c) ---- */
hf_bytes link_peek(struct hf_store *s, struct link *l);
void link_drop(struct link *l, size_t len);
void link_take(struct hf_store *s, struct link *l, uint8_t *arrived, size_t len);
bool bytes_add(struct bytes *b, hf_bytes more, size_t most);
void bytes_drop(struct bytes *b, size_t len);
void bytes_free(struct bytes *b);

/* ---- replies (replies.c) ---- */
void reply_take(struct hf_store *s, struct link *l, const hf_store_reply *r);
/* An error that nobody follows: told to people, and what it means for the link and the cluster is done. */
void reply_problem(struct hf_store *s, struct link *l, const hf_store_reply *error);
/* What is owed and will not come any more: the link has ended. */
void reply_lost(struct hf_store *s, struct server *server, const struct pending *p);

/* ---- lookups (lookup.c) ---- */
bool lookups_init(struct hf_store *s);
void lookup_reply(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r);
void lookup_lost(struct hf_store *s, const struct pending *p);
void lookups_expire(struct hf_store *s);
void lookups_end(struct hf_store *s);
bool key_fits(const char *key);
bool key_forgotten(struct hf_store *s, const char *key);

/* ---- one-way commands (writes.c) ---- */
void write_reply(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r);
void write_untold(struct hf_store *s); /* a key was forgotten, and nobody has heard of it */
void writes_tell(struct hf_store *s);  /* some of what could not be told when it was forgotten */
void writes_tick(struct hf_store *s);
uint64_t writes_due(const struct hf_store *s);
void full_name(const struct hf_store *s, const char *kind, const char *key, char out[FULL_NAME_SIZE]);

/* ---- the user's own commands (ask.c) ---- */
void ask_reply(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r);
/* Without a reply. */
void ask_lost(struct hf_store *s, struct ask *a, const char *why);
void asks_send(struct hf_store *s); /* those that wait for a link */
void asks_expire(struct hf_store *s);
void asks_end(struct hf_store *s);
void asks_leave(struct hf_store *s, const struct server *server);
uint64_t asks_due(const struct hf_store *s);

/* ---- a cluster (cluster.c) ---- */
void topology_reply(struct hf_store *s, struct link *l, const hf_store_reply *r);
void topology_refresh(struct hf_store *s); /* soon */
void topology_tick(struct hf_store *s);
uint64_t topology_due(const struct hf_store *s);
/* A link to where a redirection points, when there is one and it makes sense; with ASKING sent where it must
 * be. */
struct link *redirect(struct hf_store *s, const struct link *from, const hf_store_reply *r);

#endif

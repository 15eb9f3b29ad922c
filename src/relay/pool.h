/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pool: several relays that appear under one name. They share a directory, a key-value store with
 * expiring short texts and publish/subscribe channels, which the host accesses for them. From the
 * directory each relay knows who is registered at which relay and who is in a call with whom.
 * Relays send each other letters (pool_text.h) through its channels.
 *
 * Words used here: a sibling is another live relay of the pool. A record is an entry that this
 * relay keeps in the directory. A wait is a request whose answer is pending. An inquiry asks
 * another relay whether a registered client still responds. News is what a relay learns about
 * siblings that appear.
 *
 * Each relay draws a random number at its start and announces itself on the common channel every
 * two seconds (a beat). An entry in the directory counts only while the relay that wrote it lives.
 * So a dead relay is ignored within seconds, although its entries expire later. A relay overwrites
 * an entry only if it still holds the value that the relay read (compare and set). So when two
 * relays claim one person, one of them learns of the other. The registration that proved more wins;
 * between equals the rules of a single relay apply (join.c).
 *
 * The media of a call between two relays meet at the caller's relay: its address goes with the
 * offer.
 *
 * While the directory is unreachable each relay serves its own clients: calls continue, clients of
 * one relay can call each other, and clients of other relays are not considered gone. When the
 * directory is back, each relay writes all its records again and compares calls that lead to other
 * relays. Source: wzp-relay(8), Several relays. */
#ifndef WZP_RELAY_POOL_H
#define WZP_RELAY_POOL_H

#include "base/addr.h"
#include "base/bucket.h"
#include "base/map.h"
#include "relay/pool_text.h"
#include "relay/route.h"
#include "relay/timer.h"
#include "wzp/relay.h"

#define WZP_RELAY_POOL_BEAT_TIME (2 * WZP_SECOND)        /* between two beats */
#define WZP_RELAY_POOL_DEAD_TIME (7 * WZP_SECOND)        /* without a beat: that relay is gone */
#define WZP_RELAY_POOL_SETTLE_TIME (3 * WZP_SECOND)      /* until we know which relays live */
#define WZP_RELAY_POOL_ANSWER_TIME (2 * WZP_SECOND)      /* for an answer; later ones are dropped */
#define WZP_RELAY_POOL_REFRESH_TIME (60 * WZP_SECOND)    /* records are written again */
#define WZP_RELAY_POOL_EXPIRE_SECONDS 180                /* of an entry */
#define WZP_RELAY_POOL_TOLD_TIME (500 * WZP_MILLISECOND) /* presence changes are sent together */
#define WZP_RELAY_POOL_INQUIRY_TIME (3 * WZP_SECOND)     /* for a sibling's answer to an inquiry */
#define WZP_RELAY_POOL_WAITING_MAX 4096                  /* requests pending at the directory ... */
#define WZP_RELAY_POOL_CHANNEL_MAX 64
#define WZP_RELAY_POOL_WRITES_MAX 256    /* ... and of them, writes of records */
#define WZP_RELAY_POOL_SIBLINGS_MAX 1024 /* relays of one pool */
#define WZP_RELAY_POOL_NEWS_RATE 5 /* siblings that appear and are answered per second, after ... */
#define WZP_RELAY_POOL_NEWS_BURST 100    /* ... so many at once */
#define WZP_RELAY_POOL_PART 2            /* siblings' calls may ring up to 1/PART of all calls */
#define WZP_RELAY_POOL_INQUIRIES_MAX 256 /* of siblings about clients here, at a time */
#define WZP_RELAY_POOL_OFFERS 200        /* call offers at once from one sibling, then ... */
#define WZP_RELAY_POOL_OFFER_RATE 200    /* ... so many per second */

struct wzp_relay;
struct wzp_relay_call;
struct wzp_relay_client;

/* Another live relay of the pool. */
struct wzp_relay_sibling {
    uint64_t number;
    uint64_t heard_at;
    uint64_t people; /* registered there, as it reported */
    struct wzp_bucket offers;
    uint64_t counting; /* the listing for which `calls` was counted (listing.h) */
    size_t calls;
    char address[WZP_ADDR_TEXT_MAX]; /* for clients, as it reported; "" = none */
};

/* A request to the directory or a sibling whose answer is pending. `answered` gets 0 when it is
 * done (GET: value or NULL; PUT: written; letter: delivered), WZP_E_REFUSED (PUT: the key holds
 * `value` instead, NULL: nothing; inquiry: yes, the client is alive), WZP_E_NOT_FOUND (nobody
 * receives the letter), WZP_E_TIMEOUT or another error: no answer. */
struct wzp_relay_pool_wait {
    struct wzp_relay_timer timer;
    uint64_t number;
    void (*answered)(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                     const char *value, size_t length, uint64_t now);
    struct wzp_relay_client *client;      /* that waits to be registered; NULL: it is gone */
    struct wzp_relay_record *record;      /* being written */
    uint64_t handle;                      /* of a request from directory.h */
    struct wzp_relay_pool_person person;  /* the registration being claimed */
    struct wzp_relay_name name;           /* the person in question */
    uint64_t rival;                       /* the relay that has or had the person */
    bool is_inquiry;                      /* a sibling answers, not the directory */
    char call_id[WZP_CALL_ID_MAX + 1];    /* or the call in question */
    char there[WZP_RELAY_POOL_VALUE_MAX]; /* the value found, to be overwritten */
    unsigned rounds;
};

/* Something at this relay that therefore has an entry in the directory. */
enum wzp_relay_record_kind { WZP_RELAY_RECORD_PERSON, WZP_RELAY_RECORD_CALL };
struct wzp_relay_record {
    struct wzp_relay_timer timer; /* when to write it again */
    enum wzp_relay_record_kind kind;
    struct wzp_relay_name name;
    struct wzp_relay_record *next; /* in the queue of writes */
    bool queued, in_flight, gone;
    unsigned rounds; /* attempts in a row that found another value */
    uint64_t number; /* of the registration */
    uint64_t rival;  /* the relay to notify (MOVED) once it is written; 0: none */
    char *value;     /* that should be in the directory, owned */
    char *written;   /* that we believe is there, owned; NULL: nothing of ours */
};

/* A sibling's question whether a client registered here is alive. */
struct wzp_relay_inquiry {
    struct wzp_relay_timer timer;
    struct wzp_relay_inquiry *next;
    uint64_t from, number, person_number, asked_at, heard_before;
    struct wzp_relay_name name;
};

struct wzp_relay_pool {
    bool on; /* there is a pool, and this thread acts for the relay */
    bool up; /* the directory is reachable */
    bool was_up;
    uint64_t up_since;
    unsigned database;
    uint64_t own;            /* this relay's number, drawn at its start */
    uint64_t next_number;    /* of requests and registrations */
    struct wzp_map siblings; /* number -> struct wzp_relay_sibling */
    struct wzp_bucket news;  /* limits siblings that appear */
    size_t ringing;          /* calls from siblings that are not answered yet */
    uint64_t counting;       /* number of the latest listing that counts calls */
    struct wzp_map waiting;  /* number -> struct wzp_relay_pool_wait */
    struct wzp_map records;  /* "p:" or "c:" and a person's key -> struct wzp_relay_record */
    struct wzp_map moved;    /* person's key -> client displaced by another relay's */
    struct wzp_map changed;  /* person's key -> owned struct wzp_relay_name: to be announced */
    struct wzp_relay_inquiry *inquiries;
    size_t inquiry_count, writes, looks;
    struct wzp_map_cursor look;            /* walk over people that clients watch */
    bool is_looking, looks_again;          /* a walk is under way; another one follows it */
    struct wzp_relay_record *first, *last; /* queue of records to write */
    struct wzp_relay_timer beat, tell;
};

/* ---- pool.c: the directory, letters, which relays live ---- */

/* Initialises the pool from the configuration, with no sibling known. WZP_E_*. */
int wzp_relay_pool_init(struct wzp_relay *r);
/* Frees everything. No relay is told. */
void wzp_relay_pool_fini(struct wzp_relay *r);
/* Sends a request; the answer comes later. NULL: nothing was sent (directory unreachable, too many
 * requests pending, or no memory). */
struct wzp_relay_pool_wait *wzp_relay_pool_ask(struct wzp_relay *r,
                                               const struct wzp_pool_request *request,
                                               uint64_t now);
/* Sends the next request with a wait that was just answered. False: not sent, and the wait is
 * freed. */
bool wzp_relay_pool_ask_on(struct wzp_relay *r, struct wzp_relay_pool_wait *wait,
                           const struct wzp_pool_request *request, uint64_t now);
/* Asks a sibling with the same wait whether wait->name is alive there. False: not sent, and the
 * wait is freed. */
bool wzp_relay_pool_inquire(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t relay,
                            uint64_t now);
/* The directory key of a person (prefix 'p') or of a person's call ('c'); out holds
 * WZP_RELAY_POOL_KEY_MAX. */
const char *wzp_relay_pool_key(char *out, char prefix, const struct wzp_relay_name *name);
/* Publishes a letter to one relay, or to all (to = 0). False: not sent. */
bool wzp_relay_pool_send(struct wzp_relay *r, uint64_t to, enum wzp_relay_pool_kind kind,
                         uint64_t number, const char *word, const char *body, size_t length);
/* The same; the answer says whether any relay received it. */
struct wzp_relay_pool_wait *wzp_relay_pool_send_heard(struct wzp_relay *r, uint64_t to,
                                                      enum wzp_relay_pool_kind kind,
                                                      uint64_t number, const char *word,
                                                      const char *body, size_t length,
                                                      uint64_t now);
/* The live sibling with that number; NULL. */
struct wzp_relay_sibling *wzp_relay_pool_sibling(const struct wzp_relay *r, uint64_t number);
/* True when this directory value says that the person is at another relay, and that relay lives.
 * *out is then the parsed value. */
bool wzp_relay_pool_elsewhere(const struct wzp_relay *r, struct wzp_relay_pool_person *out,
                              const char *value, size_t length, uint64_t now);
/* Sends a beat, and drops siblings that have sent none for too long. */
void wzp_relay_pool_beat(struct wzp_relay *r, uint64_t now);
/* The answer did not come in time. */
void wzp_relay_pool_late(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t now);
/* This relay shuts down: announces it, so that siblings need not wait for the missing beat. */
void wzp_relay_pool_bye(struct wzp_relay *r);

/* ---- pool_record.c: this relay's records in the directory ---- */

/* Sets the value that the record should have from now on; NULL: the record is removed. */
void wzp_relay_record_set(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                          const struct wzp_relay_name *name, const char *value, uint64_t number,
                          uint64_t now);
/* The directory already holds this value (a claim wrote it). */
void wzp_relay_record_is(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                         const struct wzp_relay_name *name, const char *value, uint64_t number,
                         uint64_t now);
/* Another relay owns the entry now: the record is forgotten, the entry stays as it is. */
void wzp_relay_record_lost(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now);
/* Overwrites the value found in the directory (NULL: none), then notifies the relay `rival` (0:
 * none). */
void wzp_relay_record_overwrite(struct wzp_relay *r, struct wzp_relay_record *record,
                                const char *value, size_t length, uint64_t rival, uint64_t now);
/* The person's record; NULL: there is none. */
struct wzp_relay_record *wzp_relay_record_of(const struct wzp_relay *r,
                                             enum wzp_relay_record_kind kind,
                                             const struct wzp_relay_name *name);
/* The directory became unreachable: the queue of writes is emptied. */
void wzp_relay_records_rest(struct wzp_relay *r);
/* The directory is reachable again: all records are queued to be written. */
void wzp_relay_records_renew(struct wzp_relay *r, uint64_t now);
/* The record's timer expired: writes it again. */
void wzp_relay_record_due(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now);
/* Frees all records. The entries in the directory expire. */
void wzp_relay_records_fini(struct wzp_relay *r);

/* ---- pool_people.c: who is registered where ---- */

/* True when the directory or a sibling has to be asked before this client is registered.
 * wzp_relay_register_claimed follows. */
bool wzp_relay_pool_claim(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The client ended. */
void wzp_relay_pool_forget(struct wzp_relay *r, struct wzp_relay_client *client);
/* The registration under that name at this relay changed: updates the record. */
void wzp_relay_pool_here(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* The directory holds another relay's value in place of our record: either ours yields, or the
 * value is overwritten. */
void wzp_relay_pool_dispute(struct wzp_relay *r, struct wzp_relay_record *record, const char *value,
                            size_t length, uint64_t now);
/* The timer of an inquiry expired: checks whether the client was heard, and answers or waits on. */
void wzp_relay_inquiry_due(struct wzp_relay *r, struct wzp_relay_inquiry *inquiry, uint64_t now);
/* A sibling asks whether a client is alive. The answer follows, maybe later. */
void wzp_relay_pool_on_alive(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                             uint64_t now);
/* A sibling says that a person registered here is registered there now. */
void wzp_relay_pool_on_moved(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                             uint64_t now);
/* That person is no longer registered at that relay (0: at any): the client displaced here is
 * reinstated. */
void wzp_relay_pool_restore(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t relay,
                            uint64_t now);
/* The same for all people who were at that relay. */
void wzp_relay_pool_restore_all(struct wzp_relay *r, uint64_t relay, uint64_t now);

/* ---- pool_seen.c: presence changes, for clients that watch people ---- */

/* A client here watches a person who is not registered here: asks the directory. */
void wzp_relay_pool_look(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* The same for all people watched, since the directory was unreachable. */
void wzp_relay_pool_look_again(struct wzp_relay *r, uint64_t now);
/* Forgets the presence of people at that relay (0: at any other). */
void wzp_relay_pool_unseen(struct wzp_relay *r, uint64_t relay, uint64_t now);
/* Sends the collected presence changes to the siblings. */
void wzp_relay_pool_tell(struct wzp_relay *r);
/* The registration under that name changed: announced with the next SEEN letter. */
void wzp_relay_pool_changed(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* A sibling reports presence changes. */
void wzp_relay_pool_on_seen(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                            uint64_t now);

/* ---- pool_calls.c: calls between two relays ---- */

/* The way (route.h) to people at the relay route->relay. */
extern const struct wzp_relay_way wzp_relay_way_pool;
/* Looks up where this person is registered. Answers the question (directory.h) later. False: not
 * asked. */
bool wzp_relay_pool_find(struct wzp_relay *r, uint64_t handle, const struct wzp_relay_name *name,
                         uint64_t now);
/* A letter about a call from a sibling. */
void wzp_relay_pool_on_call_letter(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                                   uint64_t now);
/* No sibling reported in time that the call rings. */
void wzp_relay_pool_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* A sibling died: calls that lead there wait for their people to register again, or end. */
void wzp_relay_pool_calls_lost(struct wzp_relay *r, uint64_t relay, uint64_t now);
/* The directory is reachable again: tells siblings which calls run here. */
void wzp_relay_pool_calls_compare(struct wzp_relay *r);
/* Called at each check of a running call; at some of them asks the sibling whether it still has the
 * call. */
void wzp_relay_pool_call_watch(struct wzp_relay *r, struct wzp_relay_call *call);
/* The call is established: writes the records of its two people, as far as they are registered
 * here. */
void wzp_relay_pool_call_stands(struct wzp_relay *r, const struct wzp_relay_call *call,
                                uint64_t now);
/* The call is over: removes these records. */
void wzp_relay_pool_call_over(struct wzp_relay *r, const struct wzp_relay_call *call, uint64_t now);

/* ---- pool_adopt.c: calls of a person who moved here from a sibling ---- */

/* This person is registered here now: takes over their calls from other relays. */
void wzp_relay_pool_adopt(struct wzp_relay *r, const struct wzp_relay_client *client, uint64_t now);
/* A sibling takes over one side of a call of this relay. */
void wzp_relay_pool_on_join(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                            uint64_t now);

#endif

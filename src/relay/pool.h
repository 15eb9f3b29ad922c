/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several relays behind one name. They share a directory (a table of short texts that expire, and
 * channels) which the host reaches for them, and know from it who is registered where, and who
 * speaks with whom; what concerns two of them they say to each other through its channels.
 *
 * Each relay draws a number at its start and says on the common channel, every two seconds, that it
 * lives. What the directory says of somebody counts only while the relay that wrote it lives: so a
 * relay that died is forgotten in seconds, though what it wrote expires later. A relay writes only
 * over what it has read (compare and set), so that of two that want one person, one learns of the
 * other; who proved more wins, and between equals the rules of one relay hold (join.c).
 *
 * Media of a call between two relays meet at the caller's: its address goes with the offer.
 *
 * While the directory is away everybody goes on with what is here: calls run, people here call each
 * other, nobody elsewhere is taken for gone. When it is back, all that is here is written again,
 * and calls that lead elsewhere are compared. Source: wzp-relay(8), Several relays.
 */
#ifndef WZP_RELAY_POOL_H
#define WZP_RELAY_POOL_H

#include "base/addr.h"
#include "base/bucket.h"
#include "base/map.h"
#include "relay/pool_text.h"
#include "relay/route.h"
#include "relay/timer.h"
#include "wzp/relay.h"

#define WZP_RELAY_POOL_BEAT_TIME (2 * WZP_SECOND)   /* between signs of life */
#define WZP_RELAY_POOL_DEAD_TIME (7 * WZP_SECOND)   /* without one: that relay is gone */
#define WZP_RELAY_POOL_SETTLE_TIME (3 * WZP_SECOND) /* until we know who lives */
#define WZP_RELAY_POOL_ANSWER_TIME (2 * WZP_SECOND) /* for the directory; later ones are dropped */
#define WZP_RELAY_POOL_REFRESH_TIME (60 * WZP_SECOND) /* what is here is written again */
#define WZP_RELAY_POOL_EXPIRE_SECONDS 180             /* what is not written again is forgotten */
#define WZP_RELAY_POOL_TOLD_TIME (500 * WZP_MILLISECOND) /* who came and went is told together */
#define WZP_RELAY_POOL_INQUIRY_TIME (3 * WZP_SECOND)     /* for a relay: does yours live? */
#define WZP_RELAY_POOL_WAITING_MAX 4096 /* questions that the directory has at a time ... */
#define WZP_RELAY_POOL_CHANNEL_MAX 64
#define WZP_RELAY_POOL_WRITES_MAX 256    /* ... and of them, writes of what is here */
#define WZP_RELAY_POOL_SIBLINGS_MAX 1024 /* relays of one pool */
#define WZP_RELAY_POOL_NEWS_RATE 5    /* relays that come, a second, and are answered, after ... */
#define WZP_RELAY_POOL_NEWS_BURST 100 /* ... so many at once */
#define WZP_RELAY_POOL_PART 2         /* of all calls that may be, others let this part ring */
#define WZP_RELAY_POOL_INQUIRIES_MAX 256 /* of others about people here, at a time */
#define WZP_RELAY_POOL_OFFERS 200        /* calls at once that one relay may bring, then ... */
#define WZP_RELAY_POOL_OFFER_RATE 200    /* ... so many per second */

struct wzp_relay;
struct wzp_relay_call;
struct wzp_relay_client;

/* Another relay of the pool that lives. */
struct wzp_relay_sibling {
    uint64_t number;
    uint64_t heard_at;
    uint64_t people; /* registered there, as it told */
    struct wzp_bucket offers;
    uint64_t counting; /* the list for which its calls were counted, and how many they are */
    size_t calls;
    char address[WZP_ADDR_TEXT_MAX]; /* as it told, for people; "" = it told none */
};

/* Something we asked and wait for. answered: 0 done (GET: value or NULL; PUT: written; a letter:
 * taken), WZP_E_REFUSED (PUT: value is there instead, NULL: nothing; inquiry: yes, it lives),
 * WZP_E_NOT_FOUND (nobody hears the letter), WZP_E_TIMEOUT or another error: no answer. */
struct wzp_relay_pool_wait {
    struct wzp_relay_timer timer;
    uint64_t number;
    void (*answered)(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                     const char *value, size_t length, uint64_t now);
    struct wzp_relay_client *client;      /* who waits to be registered; NULL: it is gone */
    struct wzp_relay_record *record;      /* that is being written */
    uint64_t handle;                      /* of a directory's question */
    struct wzp_relay_pool_person person;  /* the registration that is being claimed */
    struct wzp_relay_name name;           /* whom it is about */
    uint64_t rival;                       /* the relay that has them, or had */
    bool is_inquiry;                      /* a relay answers, not the directory */
    char call_id[WZP_CALL_ID_MAX + 1];    /* or which call */
    char there[WZP_RELAY_POOL_VALUE_MAX]; /* what we found, and would write over */
    unsigned rounds;
};

/* Something that is here and therefore stands in the directory. */
enum wzp_relay_record_kind { WZP_RELAY_RECORD_PERSON, WZP_RELAY_RECORD_CALL };
struct wzp_relay_record {
    struct wzp_relay_timer timer; /* to be written again */
    enum wzp_relay_record_kind kind;
    struct wzp_relay_name name;
    struct wzp_relay_record *next; /* to be written now, in turn */
    bool queued, in_flight, gone;
    unsigned rounds; /* in which something else stood there each time */
    uint64_t number; /* of the registration */
    uint64_t rival;  /* the relay that has to hear when it is written; 0: none */
    char *value;     /* that should be there, owned */
    char *written;   /* that we believe is there, owned; NULL: nothing of ours */
};

/* Another relay's question whether somebody here lives. */
struct wzp_relay_inquiry {
    struct wzp_relay_timer timer;
    struct wzp_relay_inquiry *next;
    uint64_t from, number, person_number, asked_at, heard_before;
    struct wzp_relay_name name;
};

struct wzp_relay_pool {
    bool on; /* there is a pool, and this thread speaks for the relay */
    bool up; /* the directory answers */
    bool was_up;
    uint64_t up_since;
    unsigned database;
    uint64_t own;            /* this relay, since its start */
    uint64_t next_number;    /* of questions and registrations */
    struct wzp_map siblings; /* number -> struct wzp_relay_sibling */
    struct wzp_bucket news;  /* relays that come */
    size_t ringing;          /* calls from there that nobody answered yet */
    uint64_t counting;       /* the newest list that counts its calls */
    struct wzp_map waiting;  /* number -> struct wzp_relay_pool_wait */
    struct wzp_map records;  /* "p:" or "c:" and a person's key -> struct wzp_relay_record */
    struct wzp_map moved;    /* person's key -> client whose person is registered elsewhere now */
    struct wzp_map changed;  /* person's key -> owned struct wzp_relay_name: to be told */
    struct wzp_relay_inquiry *inquiries;
    size_t inquiry_count, writes, looks;
    struct wzp_map_cursor look;            /* through those who are watched */
    bool is_looking, looks_again;          /* a walk is under way; another one is to follow */
    struct wzp_relay_record *first, *last; /* to be written */
    struct wzp_relay_timer beat, tell;
};

/* ---- pool.c: the directory, letters, who lives ---- */

/* From the configuration; nobody is known yet. WZP_E_*. */
int wzp_relay_pool_init(struct wzp_relay *r);
/* Nobody is told. */
void wzp_relay_pool_fini(struct wzp_relay *r);
/* Asks; the answer comes later. NULL: not now (away, too much waits, no memory), and nothing was
 * asked. */
struct wzp_relay_pool_wait *wzp_relay_pool_ask(struct wzp_relay *r,
                                               const struct wzp_pool_request *request,
                                               uint64_t now);
/* Asks on with the same wait, after it was answered. False: not now; the wait is freed. */
bool wzp_relay_pool_ask_on(struct wzp_relay *r, struct wzp_relay_pool_wait *wait,
                           const struct wzp_pool_request *request, uint64_t now);
/* Asks a relay whether wait->name lives there, with the same wait. False: not now; it is freed. */
bool wzp_relay_pool_inquire(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t relay,
                            uint64_t now);
/* The key of somebody's place (prefix 'p') or call ('c'); out holds WZP_RELAY_POOL_KEY_MAX. */
const char *wzp_relay_pool_key(char *out, char prefix, const struct wzp_relay_name *name);
/* A letter to one relay, or to all (to 0). False: not now. */
bool wzp_relay_pool_send(struct wzp_relay *r, uint64_t to, enum wzp_relay_pool_kind kind,
                         uint64_t number, const char *word, const char *body, size_t length);
/* The same, and whether anybody hears it comes as an answer. */
struct wzp_relay_pool_wait *wzp_relay_pool_send_heard(struct wzp_relay *r, uint64_t to,
                                                      enum wzp_relay_pool_kind kind,
                                                      uint64_t number, const char *word,
                                                      const char *body, size_t length,
                                                      uint64_t now);
/* The relay with that number, if it lives; NULL. */
struct wzp_relay_sibling *wzp_relay_pool_sibling(const struct wzp_relay *r, uint64_t number);
/* True when this text of the directory says that somebody is at another relay that may be believed;
 * *out is then what it says. */
bool wzp_relay_pool_elsewhere(const struct wzp_relay *r, struct wzp_relay_pool_person *out,
                              const char *value, size_t length, uint64_t now);
/* Time to say that we live, and to look who else does. */
void wzp_relay_pool_beat(struct wzp_relay *r, uint64_t now);
/* No answer came in time. */
void wzp_relay_pool_late(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t now);
/* This relay goes: the others need not wait for it. */
void wzp_relay_pool_bye(struct wzp_relay *r);

/* ---- pool_record.c: what is here, written and written again ---- */

/* That text should stand there from now on, instead of what stood there; NULL: nothing. */
void wzp_relay_record_set(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                          const struct wzp_relay_name *name, const char *value, uint64_t number,
                          uint64_t now);
/* It stands there already (value as written). */
void wzp_relay_record_is(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                         const struct wzp_relay_name *name, const char *value, uint64_t number,
                         uint64_t now);
/* It is somebody else's now: forgotten, and left as it is. */
void wzp_relay_record_lost(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now);
/* It is written over what was found there (NULL: nothing), and then rival (0: nobody) is told. */
void wzp_relay_record_overwrite(struct wzp_relay *r, struct wzp_relay_record *record,
                                const char *value, size_t length, uint64_t rival, uint64_t now);
/* NULL: nothing of that person stands there. */
struct wzp_relay_record *wzp_relay_record_of(const struct wzp_relay *r,
                                             enum wzp_relay_record_kind kind,
                                             const struct wzp_relay_name *name);
/* The directory is away: nothing is to be written until it is back. */
void wzp_relay_records_rest(struct wzp_relay *r);
/* The directory is back: everything is looked after again. */
void wzp_relay_records_renew(struct wzp_relay *r, uint64_t now);
/* Time to write one again. */
void wzp_relay_record_due(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now);
/* Forgets them; they expire there. */
void wzp_relay_records_fini(struct wzp_relay *r);

/* ---- pool_people.c: who is registered where ---- */

/* True when others have to be asked before this client is registered; wzp_relay_register_claimed
 * follows. */
bool wzp_relay_pool_claim(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The client ended. */
void wzp_relay_pool_forget(struct wzp_relay *r, struct wzp_relay_client *client);
/* Who is registered here under that name changed. */
void wzp_relay_pool_here(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* What was found where our record should be: theirs is better, or it is written over. */
void wzp_relay_pool_dispute(struct wzp_relay *r, struct wzp_relay_record *record, const char *value,
                            size_t length, uint64_t now);
/* A look at somebody whom the relay asks about again. */
void wzp_relay_inquiry_due(struct wzp_relay *r, struct wzp_relay_inquiry *inquiry, uint64_t now);
/* Another relay asks about somebody; the answer follows, maybe later. */
void wzp_relay_pool_on_alive(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                             uint64_t now);
/* Another relay has a person of ours. */
void wzp_relay_pool_on_moved(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                             uint64_t now);
/* That person is no longer at that relay, or nobody is: who made way for them here is back. */
void wzp_relay_pool_restore(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t relay,
                            uint64_t now);
/* The same for all that were at a relay. */
void wzp_relay_pool_restore_all(struct wzp_relay *r, uint64_t relay, uint64_t now);

/* ---- pool_seen.c: who came and went ---- */

/* Somebody here wants to know about a person who is not. */
void wzp_relay_pool_look(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* The same for all of them, since the directory was away. */
void wzp_relay_pool_look_again(struct wzp_relay *r, uint64_t now);
/* Nothing is known any more of people at that relay (0: at any). */
void wzp_relay_pool_unseen(struct wzp_relay *r, uint64_t relay, uint64_t now);
/* Who came and went is told now. */
void wzp_relay_pool_tell(struct wzp_relay *r);
/* Who is here under that name changed: that is told soon. */
void wzp_relay_pool_changed(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* Another relay tells. */
void wzp_relay_pool_on_seen(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                            uint64_t now);

/* ---- pool_calls.c: calls between two relays ---- */

/* The way to people at the relay route->relay. */
extern const struct wzp_relay_way wzp_relay_way_pool;
/* Where is this person? Answers the question (directory.h) later. False: not now. */
bool wzp_relay_pool_find(struct wzp_relay *r, uint64_t handle, const struct wzp_relay_name *name,
                         uint64_t now);
/* What another relay says about a call. */
void wzp_relay_pool_on_call_letter(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                                   uint64_t now);
/* Nobody said in time that it rings. */
void wzp_relay_pool_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* A relay died: calls that lead there wait for their people, or end. */
void wzp_relay_pool_calls_lost(struct wzp_relay *r, uint64_t relay, uint64_t now);
/* The directory is back: other relays are told which calls run here. */
void wzp_relay_pool_calls_compare(struct wzp_relay *r);
/* A look at a running call: does the other relay still have it? Not at each. */
void wzp_relay_pool_call_watch(struct wzp_relay *r, struct wzp_relay_call *call);
/* The call stands: that is written down for both of its people, as far as they are here. */
void wzp_relay_pool_call_stands(struct wzp_relay *r, const struct wzp_relay_call *call,
                                uint64_t now);
/* It is over. */
void wzp_relay_pool_call_over(struct wzp_relay *r, const struct wzp_relay_call *call, uint64_t now);

/* ---- pool_adopt.c: calls of somebody who came from another relay ---- */

/* This person is registered here now: their calls at other relays come along. */
void wzp_relay_pool_adopt(struct wzp_relay *r, const struct wzp_relay_client *client, uint64_t now);
/* Another relay has a side of a call of ours now. */
void wzp_relay_pool_on_join(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                            uint64_t now);

#endif

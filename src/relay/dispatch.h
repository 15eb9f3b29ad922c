/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a message means where: a table of message type and stage to a handler. Source:
 * wzp-protocol(7), Registration, Media handshake, A direct call, Probes, Relay rules. */
#ifndef WZP_RELAY_DISPATCH_H
#define WZP_RELAY_DISPATCH_H

#include "relay/state.h"

/* One message as handlers see it. text is the original JSON, which is what is forwarded. */
struct wzp_relay_message {
    const struct wzp_signal *signal;
    const char *text;
    size_t length;
};
typedef void (*wzp_relay_handler)(struct wzp_relay *r, struct wzp_relay_client *client,
                                  const struct wzp_relay_message *message, uint64_t now);

/* One whole message from client. */
void wzp_relay_dispatch(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                        size_t length, uint64_t now);
/* What client asked for is answered: the message that came meanwhile, if any, has its turn. */
void wzp_relay_dispatch_held(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The host's answer about client's token; NULL = refused. */
void wzp_relay_token_checked(struct wzp_relay *r, struct wzp_relay_client *client,
                             const char *fingerprint, uint64_t now);

/* token.c */
/* The client is gone: it waits for no answer any more. */
void wzp_relay_token_forget(struct wzp_relay *r, struct wzp_relay_client *client);

/* join.c: registration and rooms */
/* Looks whether the older registration that a newcomer would displace lives. */
void wzp_relay_register_ask(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The other relays of the pool were asked; error: it cannot be registered. */
void wzp_relay_register_claimed(struct wzp_relay *r, struct wzp_relay_client *client,
                                const char *error, uint64_t now);
/* Another relay of the pool has client's person now: it gets no calls, and is told so. */
void wzp_relay_register_moved(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* And no other has it any more. */
void wzp_relay_register_back(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_on_auth_token(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_register(struct wzp_relay *r, struct wzp_relay_client *client,
                           const struct wzp_relay_message *message, uint64_t now);
/* client may enter the room it came for, as far as others are concerned; reason: it may not. */
void wzp_relay_enter(struct wzp_relay *r, struct wzp_relay_client *client, const char *reason,
                     uint64_t now);
/* Whoever proved their key here cannot be played by somebody with an old, captured offer. */
bool wzp_relay_is_somebody_else(const struct wzp_relay *r, const struct wzp_relay_client *client);
void wzp_relay_on_call_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now);
/* A registered connection ended: its entry, its calls. */
void wzp_relay_unregister(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

/* interest.c */
void wzp_relay_on_watch(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);

/* offer.c: offers of direct calls */
void wzp_relay_on_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);
/* Makes the call of an offer that came from another relay, as `caller` leads to it (all but the
 * name, which the offer says). NULL: it cannot be. */
struct wzp_relay_call *wzp_relay_offer_from_relay(struct wzp_relay *r,
                                                  const struct wzp_signal *offer,
                                                  const struct wzp_relay_route *caller,
                                                  const struct wzp_relay_route *callee,
                                                  uint64_t now);
/* The caller takes back an offer whose callee is still looked for; id NULL: all of them. True when
 * there was one. */
bool wzp_relay_offer_cancel(struct wzp_relay *r, struct wzp_relay_client *client, const char *id);
/* The client is gone: the same, for good. */
void wzp_relay_offers_forget(struct wzp_relay *r, struct wzp_relay_client *client);

/* direct.c: direct calls */
/* May this party send the other side another message of that type? It counts as sent then. */
bool wzp_relay_may_send(struct wzp_relay *r, struct wzp_relay_party *party,
                        enum wzp_signal_type type, uint64_t now);
/* The message goes to that party as it came. */
void wzp_relay_pass_on(struct wzp_relay *r, const struct wzp_relay_party *to,
                       const struct wzp_relay_message *message, uint64_t now);
/* The callee said yes: both sides are told, and the call runs. seen: the callee's reflexive address
 * when its relay sees it there, NULL. */
void wzp_relay_accept_call(struct wzp_relay *r, struct wzp_relay_call *call,
                           const struct wzp_relay_message *message, char *seen, uint64_t now);
/* The call is over, and nobody need be told. */
void wzp_relay_call_forget(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
void wzp_relay_on_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                         const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_hangup(struct wzp_relay *r, struct wzp_relay_client *client,
                         const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_call_message(struct wzp_relay *r, struct wzp_relay_client *client,
                               const struct wzp_relay_message *message, uint64_t now);
/* A Hangup; id and cause may be NULL and stay the caller's. */
struct wzp_signal wzp_relay_hangup(const char *id, enum wzp_hangup_reason reason,
                                   const char *cause);
/* Ends a call: Hangup to both sides (except `but`, may be NULL), and forgets it. cause: NULL, or
 * what the reason does not say. */
void wzp_relay_call_end_because(struct wzp_relay *r, struct wzp_relay_call *call,
                                enum wzp_hangup_reason reason, const char *cause,
                                const struct wzp_relay_party *but, uint64_t now);
/* The same without a cause. */
void wzp_relay_call_end(struct wzp_relay *r, struct wzp_relay_call *call,
                        enum wzp_hangup_reason reason, const struct wzp_relay_party *but,
                        uint64_t now);
/* The operator sends this person away: what calls they have here end, and both sides hear why. */
void wzp_relay_calls_kick(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* A party is lost, or the way to it: a running call waits for it, any other ends. False: it did. */
bool wzp_relay_party_lost(struct wzp_relay *r, struct wzp_relay_party *party, uint64_t now);
/* early.c: true when this side says that before the other side's relay can know the call, and it
 * is kept until that does. */
bool wzp_relay_call_is_early(struct wzp_relay *r, const struct wzp_relay_party *party,
                             const struct wzp_relay_message *message, uint64_t now);
/* Now it does. */
void wzp_relay_call_known(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* watch.c: looks whether both sides of a running call are still there. */
void wzp_relay_call_watch(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* The person behind name has no signal connection any more. */
void wzp_relay_calls_lost(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* True when client may enter the room of this call; reason says why not. */
bool wzp_relay_call_admits(const struct wzp_relay *r, const struct wzp_relay_client *client,
                           const char *id, const char **reason);

/* neighbour.c, global.c, forward.c: messages on links to other relays */
void wzp_relay_on_hello(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_room_active(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_room_inactive(struct wzp_relay *r, struct wzp_relay_client *client,
                                const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_forward(struct wzp_relay *r, struct wzp_relay_client *client,
                          const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_route_response(struct wzp_relay *r, struct wzp_relay_client *client,
                                 const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_people(struct wzp_relay *r, struct wzp_relay_client *client,
                         const struct wzp_relay_message *message, uint64_t now);

/* old_query.c: what an existing relay answers when it is tried, and asked */
void wzp_relay_on_trial(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_old_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now);

/* probe.c */
/* True for a health check of a relay that is configured as a probe target here. */
bool wzp_relay_probe_is_known(const struct wzp_relay *r, const struct wzp_relay_client *client);
/* What any other is answered when it tells who is with it: that nobody is here. Its list is not
 * even read. */
void wzp_relay_probe_stranger(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Tells the relay at the other end of a probe who is here, but for those who hide. */
void wzp_relay_probe_tell(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_on_presence_update(struct wzp_relay *r, struct wzp_relay_client *client,
                                  const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_route_query(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, uint64_t now);

/* upstream.c: what a remote relay says to a member of ours */
void wzp_relay_on_upstream_answer(struct wzp_relay *r, struct wzp_relay_client *up,
                                  const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_upstream_word(struct wzp_relay *r, struct wzp_relay_client *up,
                                const struct wzp_relay_message *message, uint64_t now);

/* prober.c: what comes back on our own probes */
void wzp_relay_on_pong(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_probe_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                               const struct wzp_relay_message *message, uint64_t now);

#endif

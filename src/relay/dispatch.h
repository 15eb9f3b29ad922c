/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dispatch of messages: a table maps message type and stage to a handler. Source: wzp-protocol(7),
 * Registration, Media handshake, A direct call, Probes, Relay rules. */
#ifndef WZP_RELAY_DISPATCH_H
#define WZP_RELAY_DISPATCH_H

#include "relay/state.h"

/* A message as handlers receive it. text is the original JSON; forwarding sends it unchanged. */
struct wzp_relay_message {
    const struct wzp_signal *signal;
    const char *text;
    size_t length;
};
typedef void (*wzp_relay_handler)(struct wzp_relay *r, struct wzp_relay_client *client,
                                  const struct wzp_relay_message *message, uint64_t now);

/* Handles one complete message from client. */
void wzp_relay_dispatch(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                        size_t length, uint64_t now);
/* The request for client is answered: handles the message received meanwhile, if any. */
void wzp_relay_dispatch_held(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The host's answer about client's token: the fingerprint; NULL = refused. */
void wzp_relay_token_checked(struct wzp_relay *r, struct wzp_relay_client *client,
                             const char *fingerprint, uint64_t now);

/* token.c */
/* The client is gone: its pending request is dropped. */
void wzp_relay_token_forget(struct wzp_relay *r, struct wzp_relay_client *client);

/* join.c: registration and rooms */
/* Checks whether the older registration that a new one would displace is alive. */
void wzp_relay_register_ask(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The pool was asked about client's registration; error: the reason to refuse it. */
void wzp_relay_register_claimed(struct wzp_relay *r, struct wzp_relay_client *client,
                                const char *error, uint64_t now);
/* Another relay of the pool now has client's person: client gets no more calls, and is told so. */
void wzp_relay_register_moved(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* No other relay has the person any more: client gets their calls again. */
void wzp_relay_register_back(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_on_auth_token(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_register(struct wzp_relay *r, struct wzp_relay_client *client,
                           const struct wzp_relay_message *message, uint64_t now);
/* The answer whether client may enter its room; reason: it may not. */
void wzp_relay_enter(struct wzp_relay *r, struct wzp_relay_client *client, const char *reason,
                     uint64_t now);
/* True when client, without a proof, names a person registered here with one. Such a person must
 * not be impersonated with an old, captured offer. */
bool wzp_relay_is_somebody_else(const struct wzp_relay *r, const struct wzp_relay_client *client);
void wzp_relay_on_call_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now);
/* A registered connection ended: removes its entry, and its calls are lost. */
void wzp_relay_unregister(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

/* interest.c */
void wzp_relay_on_watch(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);

/* offer.c: offers of direct calls */
void wzp_relay_on_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);
/* Makes the call of an offer from another relay. `caller` is the route to the caller except its
 * name, which the offer contains. NULL: the call is refused. */
struct wzp_relay_call *wzp_relay_offer_from_relay(struct wzp_relay *r,
                                                  const struct wzp_signal *offer,
                                                  const struct wzp_relay_route *caller,
                                                  const struct wzp_relay_route *callee,
                                                  uint64_t now);
/* The caller withdraws an offer whose callee is still being located; id NULL: all its offers. True
 * when there was one. */
bool wzp_relay_offer_cancel(struct wzp_relay *r, struct wzp_relay_client *client, const char *id);
/* The client is gone: drops all its offers. */
void wzp_relay_offers_forget(struct wzp_relay *r, struct wzp_relay_client *client);

/* direct.c: direct calls */
/* True when the rate limits allow this party to send the other side one more message of that type.
 * It then counts as sent. */
bool wzp_relay_may_send(struct wzp_relay *r, struct wzp_relay_party *party,
                        enum wzp_signal_type type, uint64_t now);
/* Sends the message to that party unchanged. */
void wzp_relay_pass_on(struct wzp_relay *r, const struct wzp_relay_party *to,
                       const struct wzp_relay_message *message, uint64_t now);
/* The callee accepted: tells both sides, and the call is active. seen: the callee's reflexive
 * address if its relay confirms it, else NULL. */
void wzp_relay_accept_call(struct wzp_relay *r, struct wzp_relay_call *call,
                           const struct wzp_relay_message *message, char *seen, uint64_t now);
/* Removes the call without telling anybody. */
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
/* Ends a call: sends Hangup to both sides (except `but`, may be NULL), and removes it. cause: NULL,
 * or details that the reason does not express. */
void wzp_relay_call_end_because(struct wzp_relay *r, struct wzp_relay_call *call,
                                enum wzp_hangup_reason reason, const char *cause,
                                const struct wzp_relay_party *but, uint64_t now);
/* The same without a cause. */
void wzp_relay_call_end(struct wzp_relay *r, struct wzp_relay_call *call,
                        enum wzp_hangup_reason reason, const struct wzp_relay_party *but,
                        uint64_t now);
/* The operator removes this person: ends their calls here, and both sides get the reason. */
void wzp_relay_calls_kick(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now);
/* A party, or the way to it, is lost: an active call waits for it, any other ends. False: the call
 * ended. */
bool wzp_relay_party_lost(struct wzp_relay *r, struct wzp_relay_party *party, uint64_t now);
/* early.c: true when the callee's message comes before the caller's relay can know the call. It is
 * then held until that relay does. */
bool wzp_relay_call_is_early(struct wzp_relay *r, const struct wzp_relay_party *party,
                             const struct wzp_relay_message *message, uint64_t now);
/* The caller's relay knows the call by now: handles the message held. */
void wzp_relay_call_known(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* watch.c: checks whether both sides of a call are still there. */
void wzp_relay_call_watch(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* This person has no signal connection any more. */
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

/* old_query.c: answers of an existing relay to the test and to queries */
void wzp_relay_on_trial(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_old_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now);

/* probe.c */
/* True for a health check of a relay that is configured as a probe target here. */
bool wzp_relay_probe_is_known(const struct wzp_relay *r, const struct wzp_relay_client *client);
/* Answers the list of any other relay with an empty one. The list received is not even read. */
void wzp_relay_probe_stranger(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Sends the list of who is here, except people who hide, to the relay at the other end of a
 * probe. */
void wzp_relay_probe_tell(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_on_presence_update(struct wzp_relay *r, struct wzp_relay_client *client,
                                  const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_route_query(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, uint64_t now);

/* upstream.c: messages of a remote relay to a member here */
void wzp_relay_on_upstream_answer(struct wzp_relay *r, struct wzp_relay_client *up,
                                  const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_upstream_word(struct wzp_relay *r, struct wzp_relay_client *up,
                                const struct wzp_relay_message *message, uint64_t now);

/* prober.c: answers on our own probe connections */
void wzp_relay_on_pong(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_relay_message *message, uint64_t now);
void wzp_relay_on_probe_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                               const struct wzp_relay_message *message, uint64_t now);

#endif

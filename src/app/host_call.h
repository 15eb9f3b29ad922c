/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef WZP_APP_HOST_CALL_H
#define WZP_APP_HOST_CALL_H

/* Calls a function of the host that an object keeps as its member `host`: WZP_HOST(app, now). */
#define WZP_HOST(object, name, ...)                                                                \
    (object)->host.calls->name((object)->host.context __VA_OPT__(, ) __VA_ARGS__)

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/upnp.h"

#include "base/addr.h"
#include "base/error.h"

#if WZP_WITH_MINIUPNPC

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpreplyparse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define NAME "wzp"
#define SERVICE_PREFIX "urn:schemas-upnp-org:service:WAN"

#if MINIUPNPC_API_VERSION < 10
#error "miniupnpc is too old (API 10 needed): WITH_MINIUPNPC=no builds without it"
#endif

struct router {
    struct wzp_upnp_service service;
    struct wzp_addr external;
    char *text; /* WZP_UPNP_XML_MAX */
};

/* ---- SOAP ---- */

/* A member of the answer that was read last, "" when it has none. */
static const char *value_of(struct NameValueParserData *answer, const char *name)
{
    const char *value = GetValueFromNameValueList(answer, name);
    return value ? value : "";
}

/* Asks; the answer's members are in *answer, which the caller clears, also after an error. The
 * router's error number goes to *upnp_error. WZP_E_REFUSED, WZP_E_NETWORK. */
static int ask(struct router *r, struct NameValueParserData *answer, unsigned *upnp_error,
               const char *action, const char *arguments)
{
    char soap[2048];
    const char *body;
    memset(answer, 0, sizeof *answer);
    snprintf(soap, sizeof soap,
             "<?xml version=\"1.0\"?>\r\n<s:Envelope "
             "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
             "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>"
             "<u:%s xmlns:u=\"%s\">%s</u:%s></s:Body></s:Envelope>\r\n",
             action, r->service.type, arguments, action);
    int length = wzp_upnp_http(r->text, WZP_UPNP_XML_MAX, &body, &r->service.control,
                               r->service.type, action, soap);
    if (length < 0)
        return length;
    ParseNameValue(body, length, answer);
    const char *error = value_of(answer, "errorCode");
    *upnp_error = (unsigned)strtoul(error, NULL, 10);
    if (error[0])
        return WZP_E_REFUSED;
    return strncmp(r->text + 8, " 200", 4) == 0 ? 0 : WZP_E_NETWORK;
}

static int ask_external(struct router *r)
{
    struct NameValueParserData answer;
    struct wzp_addr external = {.length = 0};
    char place[32];
    unsigned upnp_error;
    int result = ask(r, &answer, &upnp_error, "GetExternalIPAddress", "");
    if (!result) {
        snprintf(place, sizeof place, "%.15s:1", value_of(&answer, "NewExternalIPAddress"));
        /* One that is not connected has none. */
        if (wzp_addr_parse(&external, place, strlen(place)) == 0)
            wzp_addr_set_port(&external, 0);
        r->external = external;
    }
    ClearNameValueList(&answer);
    return result;
}

/* ---- finding ---- */

/* The service's place must be on the router itself. */
static int read_service(struct wzp_upnp_service *out, struct IGDdatas *data,
                        const struct wzp_upnp_url *root)
{
    struct UPNPUrls urls;
    char location[WZP_UPNP_PATH_MAX + 64], host[WZP_ADDR_TEXT_MAX];
    const char *type = data->first.servicetype;
    if (strncmp(type, SERVICE_PREFIX, strlen(SERVICE_PREFIX)) != 0 || strpbrk(type, "\"<>&\r\n") ||
        !wzp_text_copy(out->type, sizeof out->type, type) || !data->first.controlurl[0])
        return WZP_E_NOT_FOUND;
    snprintf(location, sizeof location, "http://%s%s", wzp_addr_format(host, &root->addr),
             root->path);
    memset(&urls, 0, sizeof urls);
    GetUPNPUrls(&urls, data, location, 0);
    int result = urls.controlURL
                     ? wzp_upnp_url_parse(&out->control, urls.controlURL, strlen(urls.controlURL))
                     : WZP_E_NOT_FOUND;
    FreeUPNPUrls(&urls);
    if (!result && !wzp_addr_equal_ip(&out->control.addr, &root->addr))
        result = WZP_E_REFUSED;
    return result;
}

int wzp_upnp_describe(struct wzp_upnp_service out[2], const struct wzp_upnp_url *root,
                      const char *xml, size_t length)
{
    struct IGDdatas data;
    memset(&data, 0, sizeof data);
    parserootdesc(xml, (int)length, &data);
    int result = read_service(&out[0], &data, root);
    if (!data.second.servicetype[0])
        return result ? result : 1;
    data.first = data.second; /* a line by PPP beside a line by IP */
    int second = read_service(&out[result ? 0 : 1], &data, root);
    return result ? (second ? result : 1) : second ? 1 : 2;
}

static int find(struct router *r, const struct wzp_addr *local)
{
    struct wzp_upnp_url root;
    struct wzp_upnp_service services[2];
    const char *body;
    int result = wzp_upnp_search(&root, local);
    if (result)
        return result;
    int length = wzp_upnp_http(r->text, WZP_UPNP_XML_MAX, &body, &root, NULL, NULL, NULL);
    if (length < 0)
        return WZP_E_NOT_FOUND;
    int count = wzp_upnp_describe(services, &root, body, (size_t)length);
    result = count < 0 ? count : WZP_E_NOT_FOUND;
    for (int i = 0; i < count && result; i++) {
        r->service = services[i];
        result = ask_external(r);
    }
    return result;
}

/* ---- ports ---- */

/* Is the port still ours? A router that will not say does not take it away. */
static int look(struct router *r, const struct wzp_inquiry *q)
{
    struct NameValueParserData answer;
    char arguments[256], port[8], client[WZP_ADDR_TEXT_MAX];
    unsigned upnp_error = 0;
    if (!q->external_port)
        return 0;
    snprintf(arguments, sizeof arguments,
             "<NewRemoteHost></NewRemoteHost><NewExternalPort>%u</NewExternalPort>"
             "<NewProtocol>UDP</NewProtocol>",
             q->external_port);
    int result = ask(r, &answer, &upnp_error, "GetSpecificPortMappingEntry", arguments);
    if (result == WZP_E_REFUSED)
        result = upnp_error == 714 ? WZP_E_NOT_FOUND : 0;
    else if (!result) {
        snprintf(port, sizeof port, "%u", q->internal_port);
        wzp_addr_format(client, &q->addr);
        *strchrnul(client, ':') = '\0';
        if (strcmp(value_of(&answer, "NewInternalPort"), port) != 0 ||
            strcmp(value_of(&answer, "NewInternalClient"), client) != 0)
            result = WZP_E_NOT_FOUND;
    }
    ClearNameValueList(&answer);
    return result;
}

static int map_by(struct router *r, struct wzp_finding *out, const struct wzp_inquiry *q,
                  const char *action)
{
    struct NameValueParserData answer;
    char arguments[768], client[WZP_ADDR_TEXT_MAX];
    wzp_addr_format(client, &q->addr);
    *strchrnul(client, ':') = '\0';
    snprintf(arguments, sizeof arguments,
             "<NewRemoteHost></NewRemoteHost><NewExternalPort>%u</NewExternalPort>"
             "<NewProtocol>UDP</NewProtocol><NewInternalPort>%u</NewInternalPort>"
             "<NewInternalClient>%s</NewInternalClient><NewEnabled>1</NewEnabled>"
             "<NewPortMappingDescription>" NAME "</NewPortMappingDescription>"
             "<NewLeaseDuration>%u</NewLeaseDuration>",
             q->external_port, q->internal_port, client, (unsigned)q->lifetime);
    int result = ask(r, &answer, &out->upnp_error, action, arguments);
    if (!result) {
        unsigned long port = strtoul(value_of(&answer, "NewReservedPort"), NULL, 10);
        out->external_port = port > 0 && port < 65536 ? (uint16_t)port : q->external_port;
        out->lifetime = q->lifetime;
    }
    ClearNameValueList(&answer);
    return result;
}

/* A version 2 router picks another port itself when that one is taken. */
static int map(struct router *r, struct wzp_finding *out, const struct wzp_inquiry *q)
{
    size_t length = strlen(r->service.type);
    int result = WZP_E_REFUSED;
    if (r->service.type[length - 1] >= '2' && strstr(r->service.type, "WANIPConnection"))
        result = map_by(r, out, q, "AddAnyPortMapping");
    if (result == WZP_E_REFUSED)
        result = map_by(r, out, q, "AddPortMapping");
    return result;
}

static int unmap(struct router *r, struct wzp_finding *out, const struct wzp_inquiry *q)
{
    struct NameValueParserData answer;
    char arguments[256];
    snprintf(arguments, sizeof arguments,
             "<NewRemoteHost></NewRemoteHost><NewExternalPort>%u</NewExternalPort>"
             "<NewProtocol>UDP</NewProtocol>",
             q->external_port);
    int result = ask(r, &answer, &out->upnp_error, "DeletePortMapping", arguments);
    ClearNameValueList(&answer);
    return out->upnp_error == 714 ? 0 : result; /* it is gone already */
}

void wzp_upnp_ask(struct wzp_finding *out, const struct wzp_inquiry *question)
{
    struct router router = {.text = wzp_calloc(1, WZP_UPNP_XML_MAX)};
    int result = router.text ? find(&router, &question->addr) : WZP_E_MEMORY;
    if (!result) {
        out->external = router.external;
        result = question->kind == WZP_INQUIRE_UPNP_MAP     ? map(&router, out, question)
                 : question->kind == WZP_INQUIRE_UPNP_UNMAP ? unmap(&router, out, question)
                                                            : look(&router, question);
    }
    out->result = result;
    wzp_free(router.text);
}

#else

int wzp_upnp_describe(struct wzp_upnp_service out[2], const struct wzp_upnp_url *root,
                      const char *xml, size_t length)
{
    (void)out, (void)root, (void)xml, (void)length;
    return WZP_E_UNSUPPORTED;
}

void wzp_upnp_ask(struct wzp_finding *out, const struct wzp_inquiry *question)
{
    (void)question;
    out->result = WZP_E_UNSUPPORTED;
}

#endif

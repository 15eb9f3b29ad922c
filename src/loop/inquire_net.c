/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What works where UDP does not, and how long a payload may be. The hosts asked are public
 * resolvers, known by address so that no name server is needed. */
#include "loop/inquire.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/time.h"
#include "loop/internal.h"
#include "nat/stun.h"

#define TIME_MS 1500
#define CAPTIVE_HOST "connectivitycheck.gstatic.com"
#define CAPTIVE_REQUEST                                                                            \
    "GET /generate_204 HTTP/1.1\r\nHost: " CAPTIVE_HOST "\r\nConnection: close\r\n\r\n"

static const uint8_t hosts[][4] = {{1, 1, 1, 1}, {8, 8, 8, 8}, {9, 9, 9, 9}};
#define HOSTS (sizeof hosts / sizeof hosts[0])
/* UDP payloads over IPv4: Ethernet, what we send at most, tunnels, the least of IPv6. */
static const size_t sizes[] = {1472, WZP_PACKET_MAX, 1420, 1372, 1252, 1200};
#define SIZES (sizeof sizes / sizeof sizes[0])

static int left_ms(uint64_t until)
{
    uint64_t now = wzp_loop_clock();
    return now < until ? (int)((until - now) / WZP_MILLISECOND) + 1 : 0;
}

/* ---- TCP ---- */

static int begin_connect(const struct wzp_addr *to)
{
    int fd = socket(to->u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, &to->u.sa, to->length) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The connection was made, and not refused. */
static bool is_connected(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

int wzp_inquire_connect(const struct wzp_addr *to, int milliseconds)
{
    int fd = begin_connect(to);
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    if (fd < 0)
        return -1;
    if (poll(&waiting, 1, milliseconds) == 1 && is_connected(fd))
        return fd;
    close(fd);
    return -1;
}

size_t wzp_inquire_read(int fd, char *out, size_t capacity, int milliseconds)
{
    uint64_t until = wzp_time_add(wzp_loop_clock(), (uint64_t)milliseconds * WZP_MILLISECOND);
    size_t length = 0;
    while (length < capacity && left_ms(until) > 0) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (poll(&waiting, 1, left_ms(until)) < 1)
            break;
        ssize_t n = recv(fd, out + length, capacity - length, 0);
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            break;
        length += n > 0 ? (size_t)n : 0;
    }
    return length;
}

/* All at once; the first that answers is enough. */
void wzp_inquire_tcp(struct wzp_finding *out)
{
    struct pollfd waiting[HOSTS];
    uint64_t until = wzp_time_add(wzp_loop_clock(), TIME_MS * WZP_MILLISECOND);
    bool connected = false;
    for (size_t i = 0; i < HOSTS; i++) {
        struct wzp_addr to;
        wzp_addr_from_ip4(&to, hosts[i], 443);
        waiting[i] = (struct pollfd){.fd = begin_connect(&to), .events = POLLOUT};
    }
    while (!connected && left_ms(until) > 0 && poll(waiting, HOSTS, left_ms(until)) > 0)
        for (size_t i = 0; i < HOSTS && !connected; i++)
            if (waiting[i].fd >= 0 && waiting[i].revents) {
                connected = is_connected(waiting[i].fd);
                close(waiting[i].fd);
                waiting[i].fd = -1;
            }
    for (size_t i = 0; i < HOSTS; i++)
        if (waiting[i].fd >= 0)
            close(waiting[i].fd);
    out->result = connected ? 0 : WZP_E_REFUSED;
}

/* ---- captive portal ---- */

/* A network that wants a sign-in answers with its own page, or sends the browser there. */
void wzp_inquire_captive(struct wzp_finding *out)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    struct wzp_addr to;
    char answer[64];
    if (getaddrinfo(CAPTIVE_HOST, "80", &hints, &list))
        return;
    int result = wzp_addr_from_sockaddr(&to, list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    int fd = result ? -1 : wzp_inquire_connect(&to, TIME_MS / 2);
    if (fd < 0)
        return;
    size_t length = 0;
    if (send(fd, CAPTIVE_REQUEST, strlen(CAPTIVE_REQUEST), MSG_NOSIGNAL) > 0)
        length = wzp_inquire_read(fd, answer, sizeof answer, TIME_MS);
    close(fd);
    if (length >= strlen("HTTP/1.1 204") && memcmp(answer, "HTTP/1.", 7) == 0)
        out->result = memcmp(answer + 8, " 204", 4) == 0 ? WZP_E_REFUSED : 0;
}

/* ---- ICMP: over a socket that needs no privilege, where the system allows it ---- */

static uint16_t checksum(const uint8_t *data, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += wzp_get_be16(data + i);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

void wzp_inquire_icmp(struct wzp_finding *out)
{
    uint8_t packet[16] = {ICMP_ECHO, 0, 0, 0, 0, 0, 0, 1, 'w', 'z', 'p'};
    uint8_t answer[64];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    if (fd < 0)
        return;
    wzp_put_be16(packet + 2, checksum(packet, sizeof packet));
    for (size_t i = 0; i < HOSTS; i++) {
        struct wzp_addr to;
        wzp_addr_from_ip4(&to, hosts[i], 0);
        sendto(fd, packet, sizeof packet, 0, &to.u.sa, to.length);
    }
    /* The system hands over answers to our own questions only. */
    bool answered = poll(&waiting, 1, TIME_MS) == 1 && recv(fd, answer, sizeof answer, 0) >= 8 &&
                    answer[0] == ICMP_ECHOREPLY;
    close(fd);
    out->result = answered ? 0 : WZP_E_REFUSED;
}

/* ---- the longest payload ---- */

/* A Binding request of that many bytes: one attribute that servers skip. Its id tells the size. */
static void write_question(uint8_t *out, size_t size, const uint8_t seed[4])
{
    uint8_t id[WZP_STUN_ID_SIZE] = {0};
    memcpy(id, seed, 4);
    wzp_put_be16(id + 4, (uint16_t)size);
    memset(out, ' ', size);
    wzp_stun_write_request(out, id);
    wzp_put_be16(out + 2, (uint16_t)(size - WZP_STUN_HEADER_SIZE));
    wzp_put_be16(out + WZP_STUN_HEADER_SIZE, 0x8022); /* SOFTWARE */
    wzp_put_be16(out + WZP_STUN_HEADER_SIZE + 2, (uint16_t)(size - WZP_STUN_HEADER_SIZE - 4));
}

static void send_questions(int fd, const uint8_t seed[4], size_t above)
{
    uint8_t question[1472];
    /* The short ones first: a router's word that one was too long fails the next call. */
    for (size_t i = SIZES; i-- > 0;)
        if (sizes[i] > above) {
            write_question(question, sizes[i], seed);
            send(fd, question, sizes[i], MSG_NOSIGNAL);
        }
}

/* The longest question that is answered within that time. */
static size_t read_answers(int fd, const uint8_t seed[4], size_t best, uint64_t until)
{
    while (best < sizes[0] && left_ms(until) > 0) {
        uint8_t answer[256];
        struct wzp_stun_answer read;
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (poll(&waiting, 1, left_ms(until)) < 1)
            break;
        ssize_t n = recv(fd, answer, sizeof answer, 0);
        if (n < WZP_STUN_HEADER_SIZE || memcmp(answer + 8, seed, 4) != 0)
            continue;
        size_t size = wzp_get_be16(answer + 12);
        if (wzp_stun_parse(&read, answer, (size_t)n, answer + 8) == WZP_STUN_OK && size > best &&
            size <= sizes[0])
            best = size;
    }
    return best;
}

void wzp_inquire_mtu(struct wzp_finding *out, const struct wzp_addr *server)
{
    const struct wzp_random random = wzp_system_random();
    /* Never in fragments, whatever the system believes. */
    const int probe4 = IP_PMTUDISC_PROBE, probe6 = IPV6_PMTUDISC_PROBE;
    bool v6 = wzp_addr_is_v6(server);
    uint8_t seed[4];
    size_t best = 0;
    int fd = socket(server->u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    random.fill(random.context, seed, sizeof seed);
    int result = v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof probe6)
                    : setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe4, sizeof probe4);
    if (result == 0 && connect(fd, &server->u.sa, server->length) == 0)
        for (unsigned turn = 0; turn < 2 && best < sizes[0]; turn++) {
            send_questions(fd, seed, best);
            best =
                read_answers(fd, seed, best, wzp_time_add(wzp_loop_clock(), 300 * WZP_MILLISECOND));
        }
    close(fd);
    if (best > 0)
        *out = (struct wzp_finding){.result = 0, .value = (int64_t)best};
}

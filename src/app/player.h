/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Plays a sound file into one session, in place of the microphone. The whole file is kept in memory
 * and decoded and resampled as it is played. */
#ifndef WZP_APP_PLAYER_H
#define WZP_APP_PLAYER_H

#include "wzp/host.h"

struct wzp_player;
/* Reads the whole file, 64 MiB at most. Errors of the host's file_read and of wzp_soundfile_open,
 * with the file's name. Freed with wzp_player_free. */
int wzp_player_new(struct wzp_player **out, const struct wzp_host *host, const char *path,
                   struct wzp_error *err);
void wzp_player_free(struct wzp_player *p);
/* The next samples, 48 kHz mono; fewer than asked for at the end of the file. Allocates no
 * memory. */
size_t wzp_player_say(struct wzp_player *p, int16_t *pcm, size_t samples);
bool wzp_player_ended(const struct wzp_player *p);
const char *wzp_player_path(const struct wzp_player *p);

#endif

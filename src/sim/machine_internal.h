/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Definitions shared by the machine_*.c files. Private to this folder. context is the machine. */
#ifndef WZP_SIM_MACHINE_INTERNAL_H
#define WZP_SIM_MACHINE_INTERNAL_H

#include "sim/machine.h"

/* First member of everything that is open on a machine, so that it can be closed with it. */
struct wzp_sim_item {
    struct wzp_sim_item *previous, *next;
    void (*close)(struct wzp_sim_item *item);
    struct wzp_sim_machine *machine;
};
void wzp_sim_item_add(struct wzp_sim_machine *m, struct wzp_sim_item *item,
                      void (*close)(struct wzp_sim_item *item));
void wzp_sim_item_remove(struct wzp_sim_item *item);

/* ---- machine_files.c ---- */
int wzp_sim_file_path(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                      struct wzp_error *err);
int wzp_sim_file_read(void *context, char **out, size_t *length, const struct wzp_host_file *file,
                      struct wzp_error *err);
int wzp_sim_file_update(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                        void *owner, struct wzp_error *err);
int wzp_sim_file_create(void *context, const struct wzp_host_file *file, const char *text,
                        size_t length, struct wzp_error *err);
int wzp_sim_file_extend(void *context, const struct wzp_host_file *file, bool fresh,
                        uint64_t offset, const void *data, size_t length, struct wzp_error *err);
int wzp_sim_file_set_aside(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                           struct wzp_error *err);
void wzp_sim_files_fini(struct wzp_sim_machine *m);

/* ---- machine_audio.c ---- */
int wzp_sim_audio_open(void *context, struct wzp_host_audio **out,
                       const struct wzp_host_audio_options *options, struct wzp_error *err);
void wzp_sim_audio_stats(void *context, const struct wzp_host_audio *audio,
                         struct wzp_audio_stats *out);
int wzp_sim_audio_close(void *context, struct wzp_host_audio *audio);
int wzp_sim_audio_list(void *context,
                       void (*each)(void *owner, const char *name, const char *description,
                                    bool capture, bool playback),
                       void *owner, struct wzp_error *err);

/* ---- machine_port.c ---- */
int wzp_sim_port_open(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                      const struct wzp_driver *driver, struct wzp_error *err);
void wzp_sim_port_kick(void *context, struct wzp_host_port *port);
struct wzp_addr wzp_sim_port_local(void *context, const struct wzp_host_port *port, int family);
void wzp_sim_port_on_unreachable(void *context, struct wzp_host_port *port,
                                 void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                     int code, uint64_t now),
                                 void *owner);
int wzp_sim_port_more(void *context, struct wzp_host_port *port, struct wzp_addr *out);
void wzp_sim_port_less(void *context, struct wzp_host_port *port, const struct wzp_addr *local);
void wzp_sim_port_stats(void *context, const struct wzp_host_port *port,
                        struct wzp_port_stats *out);
void wzp_sim_port_close(void *context, struct wzp_host_port *port);

#endif

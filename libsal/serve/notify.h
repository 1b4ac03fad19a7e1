/* notify.h - tells the service manager how we are (sd_notify(3), without its library). */
#pragma once

/* "READY=1" and the like, several joined by newlines. Without a manager nothing happens. */
void serve_notify(const char *state);
/* RELOADING=1 with the time that must stand beside it; READY=1 follows when it is done. */
void serve_notify_reloading(void);

/*
 * endpoint.h - what is at which path, and which HTTP methods it takes.
 *
 * Called by conn.c with a request; answers the GET endpoints itself, through the backend's own
 * methods, and hands JSON-RPC to rpc.c.
 */
#pragma once

struct serve_conn;

/* The whole request has been read: answers it, now or later. */
void serve_endpoint_run(struct serve_conn *conn);
/* Its head has been read: the status it will be refused with whatever its body is, or 0. */
unsigned serve_endpoint_refusal(const struct serve_conn *conn, const char **ret_why);

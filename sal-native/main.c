/*
 * main.c - sal-native: libsal behind the door of serve/.
 *
 * Nothing but the joints: what the methods do is in libsal, how they are called is in serve/.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sal.h"
#include "serve/serve.h"

static const struct sal_method *native_find(void *ctx, const char *name, size_t len)
{
	return sal_method_find(name, len);
}

static int native_run(void *ctx, const struct sal_request *request, struct sal_error *err)
{
	return sal_call(ctx, request, err);
}

static void native_ready(void *ctx)
{
	serve_backend_ready();
}

int main(int argc, char **argv)
{
	const struct serve_program program = {
		.name = "sal-native",
		.version = sal_version(),
		.summary =
			"Serves this machine's networking (net.*) and storage (vol.*) as JSON-RPC.",
	};
	struct serve_backend backend = {
		.service = "sal-native",
		.title = "System Abstraction Layer",
		.description = "Networking and storage of this machine",
		.version = sal_version(),
		.find = native_find,
		.run = native_run,
		.settles = true,
	};
	struct serve_options options;
	struct sal_error err = { 0 };
	struct sal *sal;
	int r;

	serve_process_prepare();
	r = serve_options_parse(argc, argv, &program, &options);
	if (r)
		return r < 0 ? 2 : EXIT_SUCCESS;
	if (options.check_acl)
		return serve_check_acl(&options);
	r = sal_open(&(struct sal_options){ .service = backend.service,
					    .mode = "native",
					    .state_dir = options.state_dir,
					    .ready = native_ready,
					    .log = serve_backend_log },
		     &sal, &err);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", program.name, err.message);
		return EXIT_FAILURE;
	}
	backend.ctx = sal;
	r = serve_run(&options, &backend);
	sal_close(sal);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

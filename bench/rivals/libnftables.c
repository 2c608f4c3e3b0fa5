/*
 * Runs nft commands in this process through libnftables, as python3-nftables and firewalld do: one a line of standard input, "@FILE" for those of a
 * file. After each prints the milliseconds that it took, or "error" and why. One context for all, so that only what the library does again is measured.
 */
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(void) {
  struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
  if (context == NULL) return 1;
  nft_ctx_buffer_output(context);
  nft_ctx_buffer_error(context);
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = '\0';
    double start = now();
    int status = line[0] == '@' ? nft_run_cmd_from_filename(context, line + 1) : nft_run_cmd_from_buffer(context, line);
    double taken = now() - start;
    const char *error = nft_ctx_get_error_buffer(context);
    if (status == 0) printf("%.6f\n", taken);
    else printf("error %.*s\n", (int)strcspn(error, "\n"), error);
    fflush(stdout);
    nft_ctx_get_output_buffer(context);
  }
  free(line);
  nft_ctx_free(context);
  return 0;
}

/*
 * TCP connections one after the other, as fast as they go: "server PORT" accepts and closes, "client ADDRESS PORT SECONDS" connects, resets (so that
 * no TIME_WAIT uses up the ports) and prints the median microseconds of a connect, and of a whole connection from socket to close: medians, because a
 * busy machine stops either of the two now and then. The first packet is the one that a firewall judges by its rules, all later ones are established.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int fail(const char *what) {
  perror(what);
  return 1;
}

static int serve(struct sockaddr_in address) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return fail("bind");
  if (listen(listener, 4096) != 0) return fail("listen");
  printf("listening\n");
  fflush(stdout);
  for (;;) {
    int accepted = accept(listener, NULL, NULL);
    if (accepted >= 0) close(accepted);
  }
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static double median(float *values, size_t count) {
  qsort(values, count, sizeof *values, ascending);
  return (double)values[count / 2];
}

static int connectAgainAndAgain(struct sockaddr_in address, double seconds) {
  enum { most = 1 << 20 };
  float *connects = malloc(most * sizeof *connects), *wholes = malloc(most * sizeof *wholes);
  if (connects == NULL || wholes == NULL) return fail("malloc");
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  size_t count = 0;
  double start = now(), end = start;
  while (end - start < seconds * 1e6 && count < most) {
    double begin = now();
    int client = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    double before = now();
    if (connect(client, (struct sockaddr *)&address, sizeof address) != 0) return fail("connect");
    connects[count] = (float)(now() - before);
    close(client);
    end = now();
    wholes[count++] = (float)(end - begin);
  }
  printf("{\"connectMicroseconds\": %.3f, \"wholeMicroseconds\": %.3f}\n", median(connects, count), median(wholes, count));
  free(connects);
  free(wholes);
  return 0;
}

int main(int count, char **words) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (count == 3 && strcmp(words[1], "server") == 0) {
    address.sin_port = htons((unsigned short)atoi(words[2]));
    return serve(address);
  }
  if (count != 5 || inet_pton(AF_INET, words[2], &address.sin_addr) != 1) {
    fprintf(stderr, "usage: connections server PORT | client ADDRESS PORT SECONDS\n");
    return 2;
  }
  address.sin_port = htons((unsigned short)atoi(words[3]));
  return connectAgainAndAgain(address, atof(words[4]));
}

// How long a test waits for what must come: long enough for a busy machine under sanitizers, so that only a hang fails. Speed is bench/'s matter.

export const patienceMilliseconds = 30_000;

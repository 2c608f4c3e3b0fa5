{
  "targets": [
    {
      "target_name": "hostward_native",
      "sources": [
        "native/src/addon.cc",
        "native/src/exchange.cc",
        "native/src/grace_period.cc",
        "native/src/monitor.cc",
        "native/src/monitor_object.cc",
        "native/src/notify.cc",
        "native/src/plain_data.cc",
        "native/src/reply.cc",
        "native/src/socket.cc",
        "native/src/socket_object.cc",
      ],
      "include_dirs": ["node_modules/node-addon-api", "node_modules/node-api-headers/include"],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++20", "-O2", "-g1", "-fPIC", "-fexceptions", "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"],
      "ldflags": ["-pthread"],
    },
  ],
}

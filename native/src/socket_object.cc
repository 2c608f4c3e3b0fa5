// Binds Socket and Exchange to JavaScript, on the calling thread or on libuv's pool.

#include "socket_object.h"

#include <cassert>
#include <utility>

#include "exchange.h"
#include "plain_data.h"

namespace hostward {

namespace {

Napi::Array RefusalsOf(Napi::Env env, const std::vector<Reply>& refusals) {
  auto list = Napi::Array::New(env, refusals.size());
  for (size_t index = 0; index < refusals.size(); index++) {
    const Reply& reply = refusals[index];
    auto entry = Napi::Object::New(env);
    entry["sequence"] = Napi::Number::New(env, reply.sequence);
    entry["errno"] = Napi::Number::New(env, reply.error);
    entry["attributeOffset"] = reply.offset ? Napi::Value(Napi::Number::New(env, *reply.offset)) : env.Undefined();
    entry["message"] = reply.message ? Napi::Value(Napi::String::New(env, *reply.message)) : env.Undefined();
    list[static_cast<uint32_t>(index)] = entry;
  }
  return list;
}

Napi::Object ObjectOf(Napi::Env env, Exchange exchange) {
  auto object = Napi::Object::New(env);
  object["refusals"] = RefusalsOf(env, exchange.refusals);
  object["messages"] = BufferOf(env, std::move(exchange.messages));
  object["acknowledged"] = Napi::Boolean::New(env, exchange.acknowledged);
  object["done"] = Napi::Boolean::New(env, exchange.done);
  object["interrupted"] = Napi::Boolean::New(env, exchange.interrupted);
  object["overflowed"] = Napi::Boolean::New(env, exchange.overflowed);
  object["syscall"] = Napi::String::New(env, exchange.failure.syscall);
  object["errno"] = Napi::Number::New(env, exchange.failure.number);
  object["sendMicroseconds"] = Napi::Number::New(env, exchange.send_microseconds);
  return object;
}

// One exchange on a pool thread, then callback(error, exchange). Not a promise: the one that Node-API makes leaks when a worker thread is
// terminated meanwhile. The bytes stay where JavaScript put them; the reference keeps them alive.
class Job : public Napi::AsyncWorker {
 public:
  using Work = Exchange (*)(Socket&, std::span<const uint8_t>, uint32_t);

  Job(const Napi::Function& callback, std::shared_ptr<Socket> socket, Napi::Object bytes, uint32_t awaited, Work work)
      : AsyncWorker(callback, "hostward.netlink"),
        socket_(std::move(socket)),
        kept_(Napi::Persistent(bytes)),
        bytes_(SpanOf(bytes)),
        awaited_(awaited),
        work_(work) {}

 protected:
  void Execute() override { exchange_ = work_(*socket_, bytes_, awaited_); }
  void OnOK() override { Callback().Call({Env().Undefined(), ObjectOf(Env(), std::move(exchange_))}); }
  // Memory for a dump ran out.
  void OnError(const Napi::Error& error) override { Callback().Call({error.Value()}); }

 private:
  std::shared_ptr<Socket> socket_;
  Napi::ObjectReference kept_;
  std::span<const uint8_t> bytes_;
  uint32_t awaited_;
  Work work_;
  Exchange exchange_;
};

Exchange DumpWork(Socket& socket, std::span<const uint8_t> bytes, uint32_t) { return Dump(socket, bytes); }

}  // namespace

Napi::Function SocketObject::Define(Napi::Env env) {
  return DefineClass(env, "Socket",
                     {
                         InstanceAccessor<&SocketObject::PortId>("portId"),
                         InstanceMethod<&SocketObject::TransactSync>("transactSync"),
                         InstanceMethod<&SocketObject::Transact>("transact"),
                         InstanceMethod<&SocketObject::Dump>("dump"),
                         InstanceMethod<&SocketObject::Close>("close"),
                     });
}

SocketObject::SocketObject(const Napi::CallbackInfo& info) : ObjectWrap(info), socket_(std::make_shared<Socket>()) {
  const int protocol = info[0].As<Napi::Number>().Int32Value();
  const Buffers buffers{.receive = info[1].As<Napi::Number>().Int32Value(), .send = info[2].As<Napi::Number>().Int32Value()};
  if (const Failure failure = socket_->Open(protocol, buffers)) throw SystemError(info.Env(), failure);
}

Napi::Value SocketObject::PortId(const Napi::CallbackInfo& info) {
  assert(socket_);
  return Napi::Number::New(info.Env(), socket_->port_id());
}

Napi::Value SocketObject::TransactSync(const Napi::CallbackInfo& info) {
  assert(socket_);
  return ObjectOf(info.Env(), hostward::Transact(*socket_, SpanOf(info[0]), info[1].As<Napi::Number>().Uint32Value()));
}

// A job deletes itself when it is done.
void SocketObject::Transact(const Napi::CallbackInfo& info) {
  assert(socket_);
  const uint32_t awaited = info[1].As<Napi::Number>().Uint32Value();
  (new Job(info[2].As<Napi::Function>(), socket_, info[0].As<Napi::Object>(), awaited, hostward::Transact))->Queue();
}

void SocketObject::Dump(const Napi::CallbackInfo& info) {
  assert(socket_);
  (new Job(info[1].As<Napi::Function>(), socket_, info[0].As<Napi::Object>(), 0, DumpWork))->Queue();
}

void SocketObject::Close(const Napi::CallbackInfo&) { socket_.reset(); }

}  // namespace hostward

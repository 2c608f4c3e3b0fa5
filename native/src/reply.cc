// Reads struct nlmsgerr and the extended acknowledgement after it (netlink_ack and netlink_dump_done in net/netlink/af_netlink.c).

#include "reply.h"

#include <cerrno>
#include <cstring>

namespace hostward {

namespace {

void ReadAttributes(const uint8_t* at, size_t left, Reply& reply) {
  while (left >= sizeof(nlattr)) {
    nlattr attribute;
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > left) return;
    const uint8_t* value = at + NLA_HDRLEN;
    const size_t size = attribute.nla_len - NLA_HDRLEN;
    const int type = attribute.nla_type & NLA_TYPE_MASK;
    if (type == NLMSGERR_ATTR_MSG) {
      const char* text = reinterpret_cast<const char*>(value);
      reply.message = std::string(text, strnlen(text, size));
    } else if (type == NLMSGERR_ATTR_OFFS && size == sizeof(uint32_t)) {
      uint32_t offset;
      std::memcpy(&offset, value, sizeof offset);
      reply.offset = offset;
    }
    const size_t step = NLA_ALIGN(attribute.nla_len);
    if (step > left) return;
    at += step;
    left -= step;
  }
}

}  // namespace

Reply ReadReply(const nlmsghdr* header) {
  Reply reply;
  reply.sequence = header->nlmsg_seq;
  const auto* payload = reinterpret_cast<const uint8_t*>(header) + NLMSG_HDRLEN;
  const size_t size = header->nlmsg_len - NLMSG_HDRLEN;
  int32_t error;
  if (size < sizeof error) {
    if (header->nlmsg_type == NLMSG_ERROR) reply.error = EBADMSG;
    return reply;
  }
  std::memcpy(&error, payload, sizeof error);
  reply.error = -error;
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return reply;

  // After an error comes the refused message, its header only when capped; after NLMSG_DONE nothing but the attributes.
  size_t skip = NLMSG_ALIGN(sizeof error);
  if (header->nlmsg_type == NLMSG_ERROR) {
    nlmsgerr refused;
    if (size < sizeof refused) return reply;
    std::memcpy(&refused, payload, sizeof refused);
    skip = sizeof refused;
    if (!(header->nlmsg_flags & NLM_F_CAPPED) && refused.msg.nlmsg_len > NLMSG_HDRLEN) skip += NLMSG_ALIGN(refused.msg.nlmsg_len - NLMSG_HDRLEN);
  }
  if (skip < size) ReadAttributes(payload + skip, size - skip, reply);
  return reply;
}

}  // namespace hostward

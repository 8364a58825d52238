package api

import (
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
)

// tellStatus queues a StatusIndication in place of the last one of its link, or of the addresses, that
// the client has not read: a link that flaps floods nobody.
func (c *conn) tellStatus(s *cm.StatusIndication) {
	key := "link " + s.Link
	if s.Kind == cm.AddressChange {
		key = "addresses"
	}
	_, overflow := c.out.putLatest(key, func(replaced uint32) []byte {
		b, err := proto.Marshal(encodeStatus(s, replaced))
		if err != nil { // text has made it UTF-8: there is nothing else that could be wrong
			return nil
		}
		return b
	})
	c.overflowed(overflow)
}

// encodeStatus translates what is told of a link, or of the addresses.
func encodeStatus(s *cm.StatusIndication, coalesced uint32) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_StatusIndication{StatusIndication: &cmdpb.StatusIndication{
		Kind: cmdpb.StatusKind(s.Kind), Link: text(s.Link), Up: s.Up, Resetting: s.Resetting, Detail: text(s.Detail),
		Addresses: encodeAddrs(s.Addresses), Coalesced: coalesced,
	}}}
}

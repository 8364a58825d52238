package api

import (
	"bytes"
	"errors"
	"net"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc/flowspec"
)

// What tests of the package look into.
const (
	MaxMessage     = cmdpb.MaxMessage
	MaxDescriptors = maxDescriptors
	MaxText        = maxText
	MaxAddresses   = maxAddresses
	PageOctets     = pageOctets
)

var (
	DecodeRequest = decodeRequest
	EncodeEvent   = encodeEvent
	EncodeLink    = encodeLink
	EncodeVC      = encodeVC
	EncodeCall    = encodeCall
	EncodeSAP     = encodeSAP
	EncodePVC     = encodePVC

	EncodeOwnAddresses = encodeOwnAddresses
)

// ServiceName names a service type as the model does.
func ServiceName(n int32) string { return flowspec.Service(n).String() }

// Datagrams hands messages to the queue of a client and returns what its writer would send.
func Datagrams(messages [][]byte, many bool) (datagrams [][]byte) {
	o := newOutbox()
	for _, m := range messages {
		o.put(outgoing{data: m})
	}
	o.close("over")
	var w writer
	for {
		taken := o.take(nil, many)
		if len(taken) == 0 {
			return datagrams
		}
		datagrams = append(datagrams, bytes.Clone(w.join(taken).data))
	}
}

// SetAdmins makes a group that of the administrators.
func (s *Server) SetAdmins(gid uint32) { s.admins = map[uint32]struct{}{gid: {}} }

// Clients returns how many connections there are.
func (s *Server) Clients() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// EncodeHealth returns the size of a reply with a status of these conditions.
func EncodeHealth(health []signalling.Health) (*cmdpb.DaemonStatus, int) {
	r := new(cmdpb.DaemonStatus)
	addHealth(r, health, pageOctets-healthRoom)
	return r, proto.Size(&cmdpb.Reply{Result: &cmdpb.Reply_DaemonStatus{DaemonStatus: r}})
}

// Deliver hands an event to every client, as the manager does.
func (s *Server) Deliver(ev cm.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Deliver(ev, nil)
	}
}

// Accept serves a connection that a test has made.
func (s *Server) Accept(sock *net.UnixConn) { s.accept(sock) }

// Refuse sends a client away for which there is no room.
func (s *Server) Refuse(sock *net.UnixConn) error {
	cred, err := s.credentials(sock)
	if err == nil {
		s.refuse(sock, cred, "no room")
	}
	return err
}

// Full returns how many clients' sockets have no room for another message.
func (s *Server) Full() (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		raw, err := c.sock.SyscallConn()
		if err != nil {
			return n, err
		}
		var queued, room int
		var inner error
		err = raw.Control(func(fd uintptr) {
			if queued, inner = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); inner == nil {
				room, inner = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
			}
		})
		if err = errors.Join(err, inner); err != nil {
			return n, err
		}
		if queued >= room {
			n++
		}
	}
	return n, nil
}

// Path returns the path of the socket.
func (s *Server) Path() string { return s.path }

// Refusals returns how many clients are being sent away for which there is no room.
func (s *Server) Refusals() int { return len(s.refusals) }

// Foreign tells what of a request, as it is sent, is not of a minor version.
func Foreign(b []byte, minor uint32) string {
	c := &conn{minor: minor}
	m, err := c.parse(b)
	switch {
	case err != nil:
		return err.Error()
	case c.whole && minor == cm.MinorVersion:
		return ""
	}
	return c.foreign(m.ProtoReflect())
}

// HoldQueries takes the place of all lists that may be under way, until it is told otherwise.
func (s *Server) HoldQueries() (done func()) {
	for range maxQueries {
		s.queries <- struct{}{}
	}
	return func() {
		for range maxQueries {
			<-s.queries
		}
	}
}

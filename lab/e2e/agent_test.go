package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"callmanager/api/cmdpb"
	rings "callmanager/datapath/ring"
	"callmanager/lab"
)

// agent is a client of the bare protocol that takes every message in its order: one that is not expected
// fails the test, where package client would wait for another.
type agent struct {
	tb   rapid.TB
	host *lab.Host
	fd   int
	last uint64 // request
	// came are messages that have come and were not taken.
	came []message
	// buf is where datagrams are read into.
	buf [cmdpb.MaxMessage]byte
	// ports came with the message that was taken last; they are closed when the next one is taken.
	ports []int
}

// message is one message of the daemon, with the descriptors that came beside it.
type message struct {
	body  proto.Message
	ports []int
}

// newAgent connects to a daemon without opening the address family. The caller closes the agent.
func newAgent(tb rapid.TB, h *lab.Host) *agent {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: h.Socket()}); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		tb.Fatalf("connect to %s: %v", h.Name, err)
	}
	return &agent{tb: tb, host: h, fd: fd}
}

// strange connects without opening the address family, until the end of the test.
func strange(t *testing.T, h *lab.Host) *agent {
	t.Helper()
	a := newAgent(t, h)
	t.Cleanup(a.close)
	return a
}

// enter connects and opens the address family, until the end of the test.
func enter(t *testing.T, h *lab.Host) *agent {
	t.Helper()
	a := strange(t, h)
	a.must(cmdpb.Status_SUCCESS, openAF())
	return a
}

// openAF opens the address family as a client of this version does.
func openAF() *cmdpb.OpenAF { return &cmdpb.OpenAF{Major: 1, Minor: 2, Name: "agent"} }

// close ends the connection, as the death of the client's process does.
func (a *agent) close() {
	if a.fd < 0 {
		return
	}
	_ = unix.Close(a.fd)
	a.fd = -1
	for _, m := range a.came {
		closeAll(m.ports)
	}
	closeAll(a.ports)
	a.came, a.ports = nil, nil
}

// closeAll closes descriptors.
func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

// wrap makes a request of an operation: it goes into the field of its type.
func wrap(number uint64, op proto.Message) *cmdpb.ClientMessage {
	m := &cmdpb.ClientMessage{Request: number}
	r := m.ProtoReflect()
	fields := r.Descriptor().Oneofs().ByName("op").Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message().FullName() == proto.MessageName(op) {
			r.Set(f, protoreflect.ValueOfMessage(op.ProtoReflect()))
		}
	}
	return m
}

// unwrap returns what a message of the daemon is.
func unwrap(m *cmdpb.ServerMessage) proto.Message {
	r := m.ProtoReflect()
	f := r.WhichOneof(r.Descriptor().Oneofs().ByName("body"))
	if f == nil {
		return m
	}
	return r.Get(f).Message().Interface()
}

// send sends requests with the next numbers in one datagram, and returns the number of the first.
func (a *agent) send(ops ...proto.Message) (first uint64) {
	a.tb.Helper()
	first = a.last + 1
	var ms []*cmdpb.ClientMessage
	for _, op := range ops {
		a.last++
		ms = append(ms, wrap(a.last, op))
	}
	m := ms[0]
	if len(ms) > 1 {
		m = &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Batch{Batch: &cmdpb.ClientBatch{Messages: ms}}}
	}
	b, err := proto.Marshal(m)
	if err == nil {
		err = unix.Send(a.fd, b, unix.MSG_NOSIGNAL)
	}
	if err != nil {
		a.tb.Fatalf("send %v: %v", ms, err)
	}
	return first
}

// receive waits for a datagram and puts what is in it into came. At the end of the connection it returns io.EOF.
func (a *agent) receive() error {
	if ready, err := await(patience, a); err != nil || len(ready) == 0 {
		return errors.Join(err, fmt.Errorf("nothing has come within %s", patience))
	}
	oob := make([]byte, unix.CmsgSpace(4*4))
	n, oobn, _, _, err := unix.Recvmsg(a.fd, a.buf[:], oob, unix.MSG_CMSG_CLOEXEC)
	if errors.Is(err, unix.ECONNRESET) || err == nil && n == 0 {
		return io.EOF
	}
	if err != nil {
		return err
	}
	var ports []int
	if parts, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(parts) > 0 {
		if ports, err = unix.ParseUnixRights(&parts[0]); err != nil {
			return err
		}
	}
	m := new(cmdpb.ServerMessage)
	if err := proto.Unmarshal(a.buf[:n], m); err != nil {
		return err
	}
	if m.GetBatch() == nil {
		a.came = append(a.came, message{unwrap(m), ports})
	}
	for _, each := range m.GetBatch().GetMessages() {
		a.came = append(a.came, message{body: unwrap(each)})
	}
	return nil
}

// await waits until one of some agents has something to read, and returns those that have. At the end of the
// time it returns none.
func await(bound time.Duration, agents ...*agent) (ready []*agent, err error) {
	fds := make([]unix.PollFd, len(agents))
	for i, a := range agents {
		fds[i] = unix.PollFd{Fd: int32(a.fd), Events: unix.POLLIN}
	}
	for end := time.Now().Add(bound); ; {
		_, err := unix.Poll(fds, int(max(0, time.Until(end).Milliseconds())))
		if !errors.Is(err, unix.EINTR) {
			for i, a := range agents {
				if fds[i].Revents != 0 {
					ready = append(ready, a)
				}
			}
			return ready, err
		}
	}
}

// take returns the next message, and owns its descriptors until the next take. A completion has any status but
// PENDING (INV-26).
func (a *agent) take() (proto.Message, error) {
	for len(a.came) == 0 {
		if err := a.receive(); err != nil {
			return nil, err
		}
	}
	closeAll(a.ports)
	m := a.came[0]
	a.came, a.ports = a.came[1:], m.ports
	if done, ok := m.body.(interface{ GetStatus() cmdpb.Status }); ok && done.GetStatus() == cmdpb.Status_PENDING {
		if _, ok := m.body.(*cmdpb.Reply); !ok {
			return nil, fmt.Errorf("%T{%v} with PENDING", m.body, m.body)
		}
	}
	return m.body, nil
}

// reply takes the answer to a request, which is the next message.
func (a *agent) reply(request uint64) *cmdpb.Reply {
	a.tb.Helper()
	r := event[*cmdpb.Reply](a)
	if r.GetRequest() != request {
		a.tb.Fatalf("at %s: %v came, want the answer to request %d", a.host.Name, r, request)
	}
	return r
}

// ask sends a request and takes the answer, before which nothing else may come.
func (a *agent) ask(op proto.Message) *cmdpb.Reply {
	a.tb.Helper()
	return a.reply(a.send(op))
}

// must asks and wants a status. A refusal says in words what was wrong.
func (a *agent) must(want cmdpb.Status, op proto.Message) *cmdpb.Reply {
	a.tb.Helper()
	return a.wants(want, op, a.ask(op))
}

// wants checks the status of an answer.
func (a *agent) wants(want cmdpb.Status, op proto.Message, r *cmdpb.Reply) *cmdpb.Reply {
	a.tb.Helper()
	bad := r.GetStatus() != cmdpb.Status_SUCCESS && r.GetStatus() != cmdpb.Status_PENDING
	if r.GetStatus() != want || bad != (r.GetDetail() != "") || bad && r.GetResult() != nil {
		a.tb.Fatalf("%T{%v} at %s is answered %v, want %s", op, op, a.host.Name, r, want)
	}
	return r
}

// event takes the next message, which is of one type. A called client that is slow is alerted, and the caller told
// so: on a busy machine that may come between.
func event[M proto.Message](a *agent) M {
	a.tb.Helper()
	m, err := a.take()
	want, ok := m.(M)
	for _, alerting := m.(*cmdpb.CallProgress); alerting && !ok; _, alerting = m.(*cmdpb.CallProgress) {
		m, err = a.take()
		want, ok = m.(M)
	}
	if err != nil || !ok {
		a.tb.Fatalf("at %s: %T{%v} came, %v; want %T", a.host.Name, m, m, err, want)
	}
	return want
}

// quiet checks that nothing has come to agents, behind a request that each daemon serves after all earlier ones.
func quiet(agents ...*agent) {
	for _, a := range agents {
		a.tb.Helper()
		a.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_SAPS})
	}
}

// rings opens the rings that came with the message that was taken last, until the end of the test.
func (a *agent) rings(t *testing.T) *rings.Endpoint {
	t.Helper()
	if len(a.ports) != 2 {
		t.Fatalf("%d descriptors came, want memory and doorbell", len(a.ports))
	}
	d := rings.Descriptors{Memory: a.ports[0], Doorbell: a.ports[1]}
	a.ports = nil
	e, err := rings.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// create makes a VC.
func (a *agent) create() (vc uint64) {
	a.tb.Helper()
	return a.must(cmdpb.Status_SUCCESS, &cmdpb.CreateVC{}).GetHandle().GetHandle()
}

// register registers a SAP for a selector.
func (a *agent) register(selector uint32) (sap uint64) {
	a.tb.Helper()
	return a.must(cmdpb.Status_SUCCESS, &cmdpb.RegisterSAP{Selector: selector}).GetHandle().GetHandle()
}

// to are the parameters of a call to the other host.
func to(h *lab.Host, selector uint32) *cmdpb.CallParameters {
	return &cmdpb.CallParameters{Called: h.Address, CalledSelector: &selector}
}

// accept and refuse answer an offer.
func accept(vc uint64) *cmdpb.IncomingCallComplete { return &cmdpb.IncomingCallComplete{Vc: vc} }

func refuse(vc uint64) *cmdpb.IncomingCallComplete {
	return &cmdpb.IncomingCallComplete{Vc: vc, Status: cmdpb.Status_FAILURE}
}

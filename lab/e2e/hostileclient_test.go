package e2e_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
)

// TestHostileClients: what a client may send to the daemon's socket, and what it may write into its rings, is answered and
// counted; a transfer of other clients goes on beside it and the daemon holds nothing of it afterwards.
func TestHostileClients(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	attacks := []struct {
		name string
		run  func(t *testing.T, alice, bob *lab.Host)
	}{
		{"messages that do not parse", attackParse},
		{"a datagram beyond the limit", attackSize},
		{"requests out of place", attackOrder},
		{"PENDING as an answer to an offer", attackPending},
		{"handles of strangers", attackHandles},
		{"operations of administrators", attackAdmin},
		{"descriptors that nobody asked for", attackDescriptors},
		{"a client that does not read", attackDeaf},
		{"a client that leaves its descriptors unread", attackUnreadDescriptors},
		{"hostile rings", attackRings},
		{"connects and disconnects", attackConnects},
	}
	// The runtime and the programs reach their usual size before anything is measured.
	warm := flow(t, alice, bob)
	attackParse(t, alice, bob)
	warm.end()
	awaitEmpty(t, alice, bob)
	before := footprintOf(t, alice)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			f := flow(t, alice, bob)
			a.run(t, alice, bob)
			f.end()
		})
		awaitEmpty(t, alice, bob)
		awaitFootprint(t, alice, before)
	}
}

// apiCounter returns one of the daemon's own counters.
func apiCounter(t *testing.T, h *lab.Host, name string) uint64 {
	t.Helper()
	c := dial(t, h)
	defer func() { _ = c.Close() }()
	s, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range s.GetCounters() {
		if k.GetName() == name {
			return k.GetValue()
		}
	}
	t.Fatalf("%s has no counter %s", h.Name, name)
	return 0
}

// createVC is a request that any client may make at any time.
func createVC() *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CreateVc{CreateVc: &cmdpb.CreateVC{}}}
}

// attackParse sends what is no message.
func attackParse(t *testing.T, alice, _ *lab.Host) {
	t.Helper()
	c := rawOpen(t, alice)
	whole, err := proto.Marshal(&cmdpb.ClientMessage{Request: 77, Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
		Vc: 5, Parameters: &cmdpb.CallParameters{Called: "bob", Calling: alice.Address},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.write(whole[:len(whole)/2]); err != nil {
		t.Fatal(err)
	}
	if r := c.reply(0); r.GetStatus() != cmdpb.Status_INVALID_DATA {
		t.Errorf("half a message: %v, want INVALID_DATA", r)
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := rand.NewChaCha8([32]byte{3})
	const rounds = 300
	for i := range rounds {
		b := make([]byte, 1+r.IntN(2000))
		_, _ = random.Read(b)
		if i%2 == 0 { // a good message with some octets changed
			b = bytes.Clone(whole)
			for range 1 + r.IntN(4) {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
		}
		if err := c.write(b); err != nil {
			t.Fatal(err)
		}
	}
	// Each datagram has been answered: requests are served in order.
	answers := 0
	n := c.send(createVC())
	c.await("CreateVC after the garbage", func(m *cmdpb.ServerMessage) bool {
		r := m.GetReply()
		if r.GetRequest() != n {
			answers++
			if r == nil || r.GetStatus() == cmdpb.Status_SUCCESS && r.GetHandle().GetHandle() == 0 {
				t.Errorf("garbage is answered with %v", m)
			}
			return false
		}
		if r.GetStatus() != cmdpb.Status_SUCCESS {
			t.Errorf("CreateVC after the garbage: %v", r)
		}
		return true
	})
	if answers != rounds {
		t.Errorf("%d answers to %d datagrams", answers, rounds)
	}
	c.close()
}

// attackSize sends a datagram of more than 64 KiB.
func attackSize(t *testing.T, alice, _ *lab.Host) {
	t.Helper()
	before := apiCounter(t, alice, "api_truncated")
	c := rawOpen(t, alice)
	if err := c.write(make([]byte, 64<<10+1)); err != nil {
		t.Fatal(err)
	}
	c.wantGoodbye("65536")
	if n := apiCounter(t, alice, "api_truncated"); n != before+1 {
		t.Errorf("api_truncated went from %d to %d", before, n)
	}
	// The largest one is no fault in itself.
	c = rawOpen(t, alice)
	m := createVC()
	m.Request = 9
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, bytes.Repeat([]byte{1 << 3, 9}, (64<<10-len(b))/2)...) // its number again and again
	if err := c.write(b); err != nil {
		t.Fatal(err)
	}
	if r := c.reply(9); r.GetStatus() != cmdpb.Status_SUCCESS {
		t.Errorf("CreateVC in a datagram of 64 KiB: %v", r)
	}
	c.close()
}

// attackOrder sends requests without a number, of an unknown kind, and before the address family is open.
func attackOrder(t *testing.T, alice, _ *lab.Host) {
	t.Helper()
	c := rawDial(t, alice)
	for name, m := range map[string]*cmdpb.ClientMessage{
		"CreateVC": createVC(),
		"RegisterSAP": {Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: &cmdpb.RegisterSAP{
			AnySelector: true,
		}}},
		"CloseAF": {Op: &cmdpb.ClientMessage_CloseAf{CloseAf: &cmdpb.CloseAF{}}},
	} {
		if r := c.ask(m); r.GetStatus() != cmdpb.Status_FAILURE {
			t.Errorf("%s before OpenAF: %v, want FAILURE", name, r)
		}
	}
	open := func(major uint32) *cmdpb.ClientMessage {
		return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: major}}}
	}
	if r := c.ask(open(99)); r.GetStatus() != cmdpb.Status_VERSION_MISMATCH {
		t.Errorf("OpenAF of version 99: %v", r)
	}
	if r := c.ask(open(1)); r.GetStatus() != cmdpb.Status_SUCCESS {
		t.Errorf("OpenAF: %v", r)
	}
	if r := c.ask(open(1)); r.GetStatus() != cmdpb.Status_FAILURE {
		t.Errorf("OpenAF twice: %v", r)
	}
	b, err := proto.Marshal(createVC()) // request number 0
	if err == nil {
		err = c.write(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := c.reply(0); r.GetStatus() != cmdpb.Status_INVALID_DATA {
		t.Errorf("request number 0: %v", r)
	}
	if r := c.ask(&cmdpb.ClientMessage{}); r.GetStatus() != cmdpb.Status_NOT_SUPPORTED {
		t.Errorf("no operation: %v", r)
	}
	unknown := binary.AppendUvarint(nil, 1<<3) // request 4711
	unknown = binary.AppendUvarint(unknown, 4711)
	unknown = binary.AppendUvarint(unknown, 99<<3|2) // an operation of the future
	unknown = append(unknown, 0)
	if err := c.write(unknown); err != nil {
		t.Fatal(err)
	}
	if r := c.reply(4711); r.GetStatus() != cmdpb.Status_NOT_SUPPORTED {
		t.Errorf("unknown operation: %v", r)
	}
	c.close()
}

// attackPending answers an offer with PENDING, and then properly.
func attackPending(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	c := rawOpen(t, alice)
	sap := &cmdpb.RegisterSAP{Selector: 0x55}
	if r := c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: sap}}); r.GetStatus() != cmdpb.Status_SUCCESS {
		t.Fatalf("RegisterSAP: %v", r)
	}
	called, release := make(chan error, 1), make(chan struct{})
	caller := dial(t, bob)
	go func() {
		v, err := caller.Call(t.Context(), withSelector(alice, 0x55), nil)
		if err == nil {
			<-release // an answer that crosses the end of the call is none too many
			err = v.Close()
		}
		called <- err
	}()
	var offer *cmdpb.IncomingCall
	c.await("the offer", func(m *cmdpb.ServerMessage) bool {
		offer = m.GetIncomingCall()
		return offer != nil
	})
	answer := func(vc uint64, s cmdpb.Status) *cmdpb.Reply {
		return c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{
			IncomingCallComplete: &cmdpb.IncomingCallComplete{Vc: vc, Status: s},
		}})
	}
	if r := answer(offer.GetVc(), cmdpb.Status_PENDING); r.GetStatus() != cmdpb.Status_INVALID_DATA {
		t.Errorf("PENDING: %v, want INVALID_DATA", r)
	}
	if r := answer(offer.GetVc(), 99); r.GetStatus() != cmdpb.Status_INVALID_DATA {
		t.Errorf("status 99: %v, want INVALID_DATA", r)
	}
	if r := answer(offer.GetVc()+1<<40, cmdpb.Status_SUCCESS); r.GetStatus() == cmdpb.Status_SUCCESS {
		t.Errorf("an answer to no offer: %v", r)
	}
	if r := answer(offer.GetVc(), cmdpb.Status_SUCCESS); r.GetStatus() != cmdpb.Status_SUCCESS {
		t.Errorf("the offer no longer waits: %v", r)
	}
	if r := answer(offer.GetVc(), cmdpb.Status_SUCCESS); r.GetStatus() == cmdpb.Status_SUCCESS {
		t.Errorf("a second answer: %v", r)
	}
	close(release)
	c.await("the end of the call", func(m *cmdpb.ServerMessage) bool { return m.GetIncomingCloseCall() != nil })
	c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: offer.GetVc()}}})
	if err := <-called; err != nil {
		t.Errorf("the caller: %v", err)
	}
	_ = caller.Close()
	c.close()
}

// attackHandles names another client's SAP and VC in every operation.
func attackHandles(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	owner := dial(t, alice)
	sap, err := owner.RegisterSAP(t.Context(), client.SAP{Selector: new(uint8(0x31))})
	if err != nil {
		t.Fatal(err)
	}
	calling, called := mustConnect(t, owner, dial(t, bob), bob, 0x32, nil)
	idle, err := owner.CreateVC(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := rawOpen(t, alice)
	for _, vc := range []uint64{calling.Handle(), idle} {
		for _, m := range []*cmdpb.ClientMessage{
			{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: vc}}},
			{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{Vc: vc, Parameters: &cmdpb.CallParameters{Called: "bob"}}}},
			{Op: &cmdpb.ClientMessage_IncomingCallComplete{IncomingCallComplete: &cmdpb.IncomingCallComplete{Vc: vc}}},
			{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: vc}}},
			{Op: &cmdpb.ClientMessage_RingDone{RingDone: &cmdpb.RingDone{Vc: vc}}},
		} {
			if r := c.ask(m); r.GetStatus() != cmdpb.Status_NOT_PERMITTED {
				t.Errorf("%T with a stranger's VC: %v, want NOT_PERMITTED", m.GetOp(), r)
			}
		}
	}
	m := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeregisterSap{DeregisterSap: &cmdpb.DeregisterSAP{Sap: sap}}}
	if r := c.ask(m); r.GetStatus() != cmdpb.Status_NOT_PERMITTED {
		t.Errorf("DeregisterSAP with a stranger's SAP: %v, want NOT_PERMITTED", r)
	}
	// Nothing has happened to what was named.
	if _, err := calling.Write([]byte("still here")); err != nil {
		t.Error(err)
	}
	buf := make([]byte, called.MaxReceive())
	if s, err := called.Recv(t.Context(), buf); err != nil || string(s.Payload) != "still here" {
		t.Errorf("on the call of the owner: %q, %v", s.Payload, err)
	}
	if err := errors.Join(owner.DeleteVC(t.Context(), idle), owner.DeregisterSAP(t.Context(), sap), calling.Close()); err != nil {
		t.Error(err)
	}
	<-called.Released()
	if err := called.Close(); err != nil {
		t.Error(err)
	}
	c.close()
}

// attackAdmin does as a user without rights what needs an administrator.
func attackAdmin(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	calling, called := mustConnect(t, dial(t, alice), dial(t, bob), bob, 0x32, nil)
	if err := os.Chmod(alice.Socket(), 0o666); err != nil { // as if nobody were in the group cmd
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(alice.Socket(), 0o660) }()
	for _, verb := range [][]string{{"close", fmt.Sprintf("%#x", calling.Handle())}, {"trace"}, {"capture", "-w", "-"}} {
		cmd := exec.Command(need(t).cmctl, append([]string{"--socket", alice.Socket()}, verb...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody()}
		p := launch(t, nil, cmd)
		p.want(1, "NOT_PERMITTED", "cmd-admin")
	}
	if err := errors.Join(calling.Err(), calling.Close()); err != nil {
		t.Error(err)
	}
	<-called.Released()
	if err := called.Close(); err != nil {
		t.Error(err)
	}
}

// attackDescriptors sends descriptors with requests. The daemon closes them; the caller of this compares what it holds.
func attackDescriptors(t *testing.T, alice, _ *lab.Host) {
	t.Helper()
	before := apiCounter(t, alice, "api_stray_descriptors")
	c := rawOpen(t, alice)
	fd := devNull(t)
	many := make([]int, 200)
	for i := range many {
		many[i] = fd
	}
	m := createVC()
	for i := range 20 {
		m.Request = uint64(1000 + i)
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.write(b, many...); err != nil {
			t.Fatal(err)
		}
		if r := c.reply(m.GetRequest()); r.GetStatus() != cmdpb.Status_SUCCESS {
			t.Errorf("CreateVC with descriptors: %v", r)
		}
	}
	if n := apiCounter(t, alice, "api_stray_descriptors"); n != before+20*200 {
		t.Errorf("api_stray_descriptors went from %d to %d, want %d more", before, n, 20*200)
	}
	c.close()
}

// attackDeaf asks and asks and never reads an answer, while events flood in.
func attackDeaf(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	before := apiCounter(t, alice, "api_overflows") + apiCounter(t, alice, "api_stalled")
	deaf := rawOpen(t, alice)
	deaf.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Trace{Trace: &cmdpb.Trace{On: true}}})
	deaf.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RegisterSap{RegisterSap: &cmdpb.RegisterSAP{Selector: 0x66}}})
	var wrote atomic.Uint64
	go func() { // until the daemon has had enough of it
		m := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_List{List: &cmdpb.List{Kind: cmdpb.ListKind_LINKS}}}
		for i := uint64(100); ; i++ {
			m.Request = i
			b, err := proto.Marshal(m)
			if err != nil || deaf.write(b) != nil {
				return
			}
			wrote.Add(1)
		}
	}()
	// Others are served meanwhile.
	from, to := dial(t, alice), dial(t, bob)
	for range 20 {
		calling, called := mustConnect(t, from, to, bob, 0x33, nil)
		if err := calling.Close(); err != nil {
			t.Error(err)
		}
		<-called.Released()
		if err := called.Close(); err != nil {
			t.Error(err)
		}
	}
	eventually(t, "the daemon sends the deaf client away", func() error {
		if n := apiCounter(t, alice, "api_overflows") + apiCounter(t, alice, "api_stalled"); n == before {
			return fmt.Errorf("not yet, after %d requests", wrote.Load())
		}
		return nil
	})
	_, _ = from.Close(), to.Close()
	deaf.close()
}

// attackUnreadDescriptors makes calls and reads nothing: each answer carries two descriptors, of which the
// daemon leaves few in the socket.
func attackUnreadDescriptors(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	acceptor := act(t, "acceptor", args(bob, alice, 0)...)
	c := rawOpen(t, alice)
	var vcs []uint64
	for range 40 {
		vcs = append(vcs, c.ask(createVC()).GetHandle().GetHandle())
	}
	for _, vc := range vcs {
		c.send(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
			Vc: vc, Parameters: &cmdpb.CallParameters{Called: "bob"},
		}}})
	}
	watch := dial(t, alice)
	eventually(t, "the calls stand", func() error {
		calls, err := watch.Calls(t.Context())
		if err == nil && len(calls) < 41 { // and the one of the transfer beside
			err = fmt.Errorf("%d calls", len(calls))
		}
		return err
	})
	// All of it is read after all: nothing was lost.
	got := 0
	for got < len(vcs) {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetMakeCallComplete().GetStatus() == cmdpb.Status_SUCCESS && m.GetMakeCallComplete() != nil {
			got++
		}
	}
	if len(c.fds) != 2*len(vcs) {
		t.Errorf("%d descriptors came with %d calls", len(c.fds), len(vcs))
	}
	_ = watch.Close()
	c.close()
	acceptor.signal(unix.SIGKILL)
	acceptor.wait()
}

// attackConnects connects and disconnects, at every stage of a client's life.
func attackConnects(t *testing.T, alice, _ *lab.Host) {
	t.Helper()
	const times = 10000
	addr := &net.UnixAddr{Name: alice.Socket(), Net: "unixpacket"}
	open, err := proto.Marshal(&cmdpb.ClientMessage{Request: 1, Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	m := createVC()
	m.Request = 2
	create, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for i := range times {
		sock, err := net.DialUnix("unixpacket", nil, addr)
		for errors.Is(err, unix.EAGAIN) && t.Context().Err() == nil { // so many wait to be accepted
			runtime.Gosched()
			sock, err = net.DialUnix("unixpacket", nil, addr)
		}
		if err != nil {
			t.Fatalf("connect %d: %v", i, err)
		}
		if i%3 > 0 {
			_, _ = sock.Write(open)
		}
		if i%3 > 1 {
			_, _ = sock.Write(create)
		}
		_ = sock.Close()
	}
	eventually(t, "the daemon has forgotten them", func() error {
		c, err := alice.Dial(t.Context())
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		s, err := c.Status(t.Context())
		if err == nil && (s.GetClients() > 2 || s.GetVcs() > 1) { // this one, and that of the transfer
			err = fmt.Errorf("%d clients, %d VCs", s.GetClients(), s.GetVcs())
		}
		return err
	})
}

// attackRings breaks the rules of the rings, one VC at a time. The VC is lost, another of the same client lives on.
func attackRings(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	acceptor := act(t, "acceptor", args(bob, alice, 0)...)
	before := apiCounter(t, alice, "ring_violations")
	attacks := []struct {
		name string
		do   func(*ringFile)
	}{
		{"tail beyond the ring", func(r *ringFile) { r.put(toDaemon+ringTail, 1<<40) }},
		{"tail that is no multiple of 8", func(r *ringFile) { r.put(toDaemon+ringTail, 13) }},
		{"record longer than the ring", func(r *ringFile) {
			r.put(r.data, 1<<30)
			r.put(toDaemon+ringTail, 64)
		}},
		{"record with reserved bits", func(r *ringFile) {
			r.put(r.data, 0xFFFF<<48|8)
			r.put(toDaemon+ringTail, 16)
		}},
		{"record beyond the tail", func(r *ringFile) {
			r.put(r.data, 4096)
			r.put(toDaemon+ringTail, 16)
		}},
	}
	c := rawOpen(t, alice)
	witness, witnessMemory, witnessBell := c.rings("bob")
	for i, a := range attacks {
		vc, memory, bell := c.rings("bob")
		r := mapRing(t, memory)
		a.do(r)
		ring(bell)
		c.await("the end of the call: "+a.name, func(m *cmdpb.ServerMessage) bool {
			end := m.GetIncomingCloseCall()
			if end != nil && (end.GetVc() != vc || end.GetStatus() == cmdpb.Status_SUCCESS) {
				t.Errorf("%s: %v", a.name, end)
			}
			return end != nil
		})
		if n := apiCounter(t, alice, "ring_violations"); n != before+uint64(i)+1 {
			t.Errorf("%s: ring_violations went from %d to %d", a.name, before, n)
		}
		c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: vc}}})
	}
	// No violations, and harmless to all but their client.
	vc, memory, bell := c.rings("bob")
	r := mapRing(t, memory)
	r.put(toClient+ringTail, 1<<50) // a word of the daemon
	for i := range 4096 / 8 {
		if i >= 0x200/8 && i < 0x600/8 {
			continue
		}
		r.put(i*8, ^uint64(0)) // the read-only part
	}
	_ = unix.Shutdown(bell, unix.SHUT_RDWR)
	if err := unix.Ftruncate(memory, 0); !errors.Is(err, unix.EPERM) {
		t.Errorf("the memory can be truncated: %v, want EPERM", err)
	}
	c.ask(&cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: vc}}})
	// The witness still carries data.
	r = mapRing(t, witnessMemory)
	copy(r.octets[r.data+8:], "witness")
	r.put(r.data, 7)
	r.put(toDaemon+ringTail, 16)
	ring(witnessBell)
	watch := dial(t, alice)
	eventually(t, "the witness sends", func() error {
		vcs, err := watch.VCs(t.Context())
		for _, v := range vcs {
			if v.GetHandle() == witness && counter(v.GetCounters(), "tx_sdus") == 1 {
				return nil
			}
		}
		return fmt.Errorf("not yet: %w", err)
	})
	_ = watch.Close()
	c.close()
	acceptor.signal(unix.SIGKILL)
	acceptor.wait()
}

// Offsets in the memory of a VC (api/RING.md section 2).
const (
	toDaemon, toClient = 0x200, 0x400
	ringTail           = 0
	ringData           = 0x18 // where the records of the to-daemon ring begin
)

// ringFile is the memory of a VC.
type ringFile struct {
	octets []byte
	data   int
}

// mapRing maps the memory of a VC until the end of the test.
func mapRing(t *testing.T, fd int) *ringFile {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	b, err := unix.Mmap(fd, 0, int(st.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(b) })
	return &ringFile{octets: b, data: int(binary.NativeEndian.Uint64(b[ringData:]))}
}

// put writes a word.
func (r *ringFile) put(offset int, v uint64) {
	binary.NativeEndian.PutUint64(r.octets[offset:], v)
}

// ring rings the daemon, whether it sleeps or not.
func ring(bell int) {
	_ = unix.Sendto(bell, []byte{1}, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
}

// nobody is a user without rights and without groups.
func nobody() *syscall.Credential {
	return &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: false}
}

// TestNoPermission: a user outside the group cmd is told what to do.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	alice, _ := pair(t, lab.Config{})
	st, err := os.Stat(alice.Socket())
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != 0o660 {
		t.Errorf("the socket has mode %o, want 0660", st.Mode().Perm())
	}
	cmd := exec.Command(need(t).cmctl, "--socket", alice.Socket(), "status")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody()}
	p := launch(t, nil, cmd)
	p.want(1, "permission denied", "become root or join the group cmd")
	if strings.Count(p.err.String(), "\n") != 1 {
		t.Errorf("stderr is %q, want one line", p.err.String())
	}
}

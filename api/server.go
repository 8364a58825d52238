package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/quota"
	"callmanager/vc"
	"callmanager/vc/tap"
)

// The groups that may use the socket, and that may act on what is others'.
const (
	GroupUsers  = "cmd"
	GroupAdmins = "cmd-admin"
)

// Config is what a [Server] is made of.
type Config struct {
	// Manager is the call manager that the clients talk to.
	Manager *signalling.Manager
	// Log takes a Debug line for each client and sampled Warn lines for what
	// clients do wrong; nil logs nothing.
	Log *zap.Logger
	// Tap is where captures are attached; nil means that there are none.
	Tap *tap.Tap
	// MaxClients bounds the connections at a time, UserClients those of one user; 0
	// means the default of [quota.Clients] and [quota.UserClients]. Administrators are
	// let in beyond both.
	MaxClients, UserClients int
}

// Server serves clients on one socket.
type Server struct {
	manager *signalling.Manager
	tap     *tap.Tap
	log     *zap.Logger
	warn    *zap.Logger // sampled: clients cause what it logs
	ln      *net.UnixListener
	path    string
	file    os.FileInfo         // the socket as it was made, to remove no other
	admins  map[uint32]struct{} // identifiers of the administrators' group
	most    int                 // clients
	mostOf  int                 // a user

	ending  context.Context //nolint:containedctx // it is the server's life: ended by Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	conns   map[*conn]struct{}
	users   map[uint32]int // connections by user, without administrators'
	limited quota.Counts
	running sync.WaitGroup

	refusals chan struct{} // one each of those under way
	queries  chan struct{} // likewise

	stats stats
}

// stats counts what the server met. The names are those of [Server.Counters].
type stats struct {
	accepted, refused           atomic.Uint64
	badMessages, truncated      atomic.Uint64
	strayDescriptors, overflows atomic.Uint64
	stalled                     atomic.Uint64
}

// Listen makes the socket at path and returns a server that does not serve yet. The
// socket has mode 0660, belongs to the group cmd, if there is one, and replaces a
// stale one. It fails if another process serves the socket, or if something that
// is no socket stands in its place.
func Listen(path string, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.MaxClients <= 0 {
		cfg.MaxClients = int(quota.Clients.Default())
	}
	if cfg.UserClients <= 0 {
		cfg.UserClients = int(quota.UserClients.Default())
	}
	ln, file, err := makeSocket(path, cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("api: listen on %s: %w", path, err)
	}
	s := &Server{
		manager: cfg.Manager, tap: cfg.Tap, log: cfg.Log, warn: sampled(cfg.Log), ln: ln, path: path, file: file,
		admins: groupIDs(GroupAdmins), most: cfg.MaxClients, mostOf: cfg.UserClients, conns: make(map[*conn]struct{}), users: make(map[uint32]int),
		refusals: make(chan struct{}, maxRefusals), queries: make(chan struct{}, maxQueries),
	}
	s.ending, s.end = context.WithCancel(context.Background())
	return s, nil
}

// sampled thins out lines that a client can cause as often as it likes.
func sampled(log *zap.Logger) *zap.Logger {
	const first, thereafter = 10, 1000
	return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(c, time.Second, first, thereafter)
	}))
}

// acceptPause is how long no client is accepted when the process has run out of
// descriptors or memory.
const acceptPause = 50 * time.Millisecond

// Serve accepts clients until Close is called, and then returns nil.
func (s *Server) Serve() error {
	for {
		sock, err := s.ln.AcceptUnix()
		switch {
		case err == nil:
			s.accept(sock)
		case errors.Is(err, net.ErrClosed):
			return nil
		case shortage(err):
			s.stats.refused.Add(1)
			s.warn.Warn("no client can be accepted", zap.Error(err))
			s.pause()
		default:
			return fmt.Errorf("api: accept: %w", err)
		}
	}
}

// shortage reports whether accepting may succeed later.
func shortage(err error) bool {
	for _, e := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.ECONNABORTED, unix.EAGAIN} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// pause waits for acceptPause or the end of the server.
func (s *Server) pause() {
	ctx, cancel := context.WithTimeout(s.ending, acceptPause)
	defer cancel()
	<-ctx.Done()
}

// accept starts the goroutines of a connection.
func (s *Server) accept(sock *net.UnixConn) {
	cred, err := s.credentials(sock)
	if err != nil {
		s.stats.refused.Add(1)
		s.warn.Warn("client refused", zap.Error(err))
		_ = sock.Close()
		return
	}
	if reason := s.admit(sock, cred); reason != "" {
		s.refuse(sock, cred, reason)
	}
}

// admit starts a connection if there is room for it, or says why not.
func (s *Server) admit(sock *net.UnixConn, cred cm.Credentials) (reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return endReason
	}
	if k, limit := s.full(cred); k != 0 {
		s.limited[k]++
		return k.Reached(int64(limit))
	}
	s.stats.accepted.Add(1)
	c := newConn(s, sock, cred)
	s.conns[c] = struct{}{}
	if !cred.Admin {
		s.users[cred.UID]++
	}
	s.running.Add(1)
	go c.run()
	return ""
}

// full returns the limit that one more connection would exceed; zero if there is room. The
// caller holds the lock.
func (s *Server) full(cred cm.Credentials) (k quota.Kind, limit int) {
	switch {
	case cred.Admin:
		return 0, 0
	case s.users[cred.UID] >= s.mostOf:
		return quota.UserClients, s.mostOf
	case len(s.conns) >= s.most:
		return quota.Clients, s.most
	}
	return 0, 0
}

// maxRefusals bounds the refused clients whose sockets are being closed at a time.
const maxRefusals = 64

// refuse sends a client away for which there is no room. It does not wait for what the client has
// sent: the kernel closes descriptors among that with the socket, and closing one of a lingering
// socket takes as long as the client likes. Only behind maxRefusals of them others have to wait.
func (s *Server) refuse(sock *net.UnixConn, cred cm.Credentials, reason string) {
	s.stats.refused.Add(1)
	s.warn.Warn("client refused", zap.Int32("pid", cred.PID), zap.Uint32("uid", cred.UID), zap.String("reason", reason))
	b, err := proto.Marshal(goodbyeMessage(reason))
	if err == nil {
		_, _ = sock.Write(b) // the socket is empty: it has room and does not block
	}
	select {
	case s.refusals <- struct{}{}:
		go func() {
			hangUp(sock)
			<-s.refusals
		}()
	case <-s.ending.Done():
		_ = sock.Close()
	}
}

// forget removes a connection that has ended.
func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	if !c.cred.Admin {
		if s.users[c.cred.UID]--; s.users[c.cred.UID] == 0 {
			delete(s.users, c.cred.UID)
		}
	}
	s.mu.Unlock()
	s.running.Done()
}

// Counters returns what the server met, in a stable order.
func (s *Server) Counters() []vc.Counter {
	s.mu.Lock()
	limited := s.limited
	s.mu.Unlock()
	return append([]vc.Counter{
		{Name: "api_accepted", Value: s.stats.accepted.Load()},
		{Name: "api_refused", Value: s.stats.refused.Load()},
		{Name: "api_bad_messages", Value: s.stats.badMessages.Load()},
		{Name: "api_truncated", Value: s.stats.truncated.Load()},
		{Name: "api_stray_descriptors", Value: s.stats.strayDescriptors.Load()},
		{Name: "api_overflows", Value: s.stats.overflows.Load()},
		{Name: "api_stalled", Value: s.stats.stalled.Load()},
	}, limited.Counters(quota.Clients, quota.UserClients)...)
}

// Close removes the socket, tells every client that the daemon ends, and waits for
// their connections, refused ones included, for which GoodbyeTimeout is the bound. It is idempotent.
func (s *Server) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	var err error
	if first {
		s.end()
		err = errors.Join(removeSocket(s.path, s.file), s.ln.Close())
	}
	for _, c := range conns {
		c.goodbye(endReason)
	}
	s.running.Wait()
	if first {
		for range maxRefusals {
			s.refusals <- struct{}{} // none is under way any more, and none begins
		}
	}
	if err != nil {
		return fmt.Errorf("api: close: %w", err)
	}
	return nil
}

// endReason is told to those who are there when the server ends, or come then.
const endReason = "the daemon ends"

// goodbyeMessage is the last message of a connection.
func goodbyeMessage(reason string) *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_Goodbye{Goodbye: &cmdpb.Goodbye{Reason: text(reason)}}}
}

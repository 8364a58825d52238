package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Lab is a set of hosts.
type Lab struct {
	cfg   Config
	state state
}

// Up makes a lab: namespaces, NICs, configurations and running daemons. Links come up
// afterwards; AwaitLinks waits for them. A lab of the same name must not
// exist; a stale one is removed. When Up fails nothing is left.
func Up(ctx context.Context, cfg Config) (*Lab, error) {
	l, err := Prepare(cfg)
	if err != nil {
		return nil, err
	}
	for _, h := range l.state.Hosts {
		if err := h.StartDaemon(ctx); err != nil {
			return nil, errors.Join(err, l.Down(context.WithoutCancel(ctx)))
		}
	}
	return l, nil
}

// Prepare makes a lab whose daemons do not run yet: StartDaemon starts them one by one.
func Prepare(cfg Config) (*Lab, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("lab: network namespaces need root: use sudo")
	}
	if err := Sweep(); err != nil {
		return nil, err
	}
	l := &Lab{cfg: cfg, state: state{Name: cfg.Name, Daemon: cfg.Daemon, DaemonArgs: cfg.DaemonArgs}}
	if cfg.Owned {
		l.state.Owner, l.state.OwnerStarted = os.Getpid(), startTime(os.Getpid())
	}
	for i, name := range cfg.Hosts {
		l.state.Hosts = append(l.state.Hosts, l.newHost(i, name))
	}
	if len(cfg.Hosts) > 2 {
		l.state.Bridge = l.netns(bridgeHost)
	}
	if err := l.checkNetns(); err != nil {
		return nil, err
	}
	if err := l.claim(); err != nil {
		return nil, err
	}
	if err := l.make(); err != nil {
		return nil, errors.Join(err, l.Down(context.Background()))
	}
	return l, nil
}

// newHost describes the host at place i.
func (l *Lab) newHost(i int, name string) *Host {
	return &Host{
		Name: name, Netns: l.netns(name), Interface: hostInterface,
		MAC: fmt.Sprintf("02:00:00:00:00:%02x", i+1),
		// The address that a host has without configuration: AFI 49, the MAC, selector 0.
		Address: fmt.Sprintf("49.0000.00000000000000000000.0200000000%02x.00", i+1),
		Dir:     filepath.Join(dirOf(l.cfg.Name), name), lab: l,
	}
}

// netns returns the name of a host's namespace.
func (l *Lab) netns(host string) string { return "cmd-" + l.cfg.Name + "-" + host }

// make makes the files and the network.
func (l *Lab) make() error {
	for _, h := range l.state.Hosts {
		if err := os.Mkdir(h.Dir, 0o755); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
		if err := os.WriteFile(h.Config(), []byte(l.configOf(h)), 0o644); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return l.makeNetwork()
}

// configOf writes the configuration of a host.
func (l *Lab) configOf(h *Host) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s of the lab %q\n[daemon]\nsocket = %q\n", h.Name, l.cfg.Name, h.Socket())
	if l.cfg.ATMTCP {
		fmt.Fprintf(&b, "address = %q\n", h.Address)
	}
	for _, o := range l.state.Hosts {
		if o == h {
			continue
		}
		role := l.cfg.Role[h.Name]
		if l.cfg.ATMTCP {
			role = l.atmtcpLink(&b, h, o)
		} else {
			fmt.Fprintf(&b, "\n[[link]]\nname = %q\ninterface = %q\npeer = %q\n", o.Name, h.Interface, o.MAC)
		}
		if t := l.cfg.Transmit; t != 0 {
			fmt.Fprintf(&b, "transmit = %q\n", t)
		}
		if r := l.cfg.Receive; r != 0 {
			fmt.Fprintf(&b, "receive = %q\n", r)
		}
		if role != 0 {
			fmt.Fprintf(&b, "role = %q\n", role)
		}
		if p := l.cfg.Profile; p != 0 {
			fmt.Fprintf(&b, "profile = %q\n", p)
		}
		if l.cfg.Capacity != "" {
			fmt.Fprintf(&b, "capacity = %q\n", l.cfg.Capacity)
		}
	}
	b.WriteString("\n[hosts]\n")
	for _, o := range l.state.Hosts {
		if o != h {
			fmt.Fprintf(&b, "%s = %q\n", o.Name, o.Address)
		}
	}
	return b.String()
}

// Name returns the lab's name.
func (l *Lab) Name() string { return l.cfg.Name }

// Owner returns the process that the lab ends with, or 0 if it outlives its maker.
func (l *Lab) Owner() int { return l.state.Owner }

// Hosts returns the hosts in their order. The caller must not change the slice.
func (l *Lab) Hosts() []*Host { return l.state.Hosts }

// Host returns a host by name, or an error that names those there are.
func (l *Lab) Host(name string) (*Host, error) {
	for _, h := range l.state.Hosts {
		if h.Name == name {
			return h, nil
		}
	}
	return nil, fmt.Errorf("lab: no host %q: there are %s", name, strings.Join(l.cfg.Hosts, ", "))
}

// AwaitLinks waits until every link of every host is up, and calls progress, if it is not
// nil, with each link that has come up.
func (l *Lab) AwaitLinks(ctx context.Context, progress func(host, link string)) error {
	for _, h := range l.state.Hosts {
		if err := h.awaitLinks(ctx, progress); err != nil {
			return err
		}
	}
	return nil
}

// awaitLinks waits for the links of one host.
func (h *Host) awaitLinks(ctx context.Context, progress func(host, link string)) error {
	c, err := h.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	up := make(map[string]bool)
	for {
		links, err := c.Links(ctx)
		if err != nil {
			return fmt.Errorf("lab: links of %s: %w", h.Name, err)
		}
		waiting := ""
		for _, k := range links {
			switch {
			case k.GetState() != "up":
				waiting = fmt.Sprintf("%s is %s: %s", k.GetName(), k.GetState(), k.GetLastError())
			case !up[k.GetName()]:
				up[k.GetName()] = true
				if progress != nil {
					progress(h.Name, k.GetName())
				}
			}
		}
		if waiting == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lab: links of %s: %w: %s", h.Name, ctx.Err(), waiting)
		case <-tick.C:
		}
	}
}

// downTimeout is how long a daemon may take to release its calls when its lab ends.
const downTimeout = 15 * time.Second

// Down ends the daemons and what else runs in the hosts, and removes everything that the lab
// is made of. What is missing
// already is no error, nor is another process that does the same: Down waits for it.
func (l *Lab) Down(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	unlock, err := l.lock(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	return l.remove(ctx)
}

// remove does the work of Down.
func (l *Lab) remove(ctx context.Context) error {
	var errs []error
	for _, h := range l.state.Hosts {
		if h.Running() {
			_ = h.Signal(unix.SIGTERM) // all at once; StopDaemon waits
		}
	}
	for _, h := range l.state.Hosts {
		errs = append(errs, h.StopDaemon(ctx, unix.SIGTERM))
	}
	netErr := l.removeNetwork()
	errs = append(errs, netErr)
	running := slices.ContainsFunc(l.state.Hosts, (*Host).Running)
	if netErr != nil || running {
		return errors.Join(errs...) // the state stays, so that what is left can be found
	}
	if err := os.RemoveAll(dirOf(l.state.Name)); err != nil {
		errs = append(errs, fmt.Errorf("lab: %w", err))
	}
	return errors.Join(errs...)
}

// Sweep removes the labs whose owner has ended without doing so, but for those that another process
// is removing.
func Sweep() error {
	entries, err := os.ReadDir(Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	for _, e := range entries {
		if abandonedDraft(e.Name()) {
			_ = os.RemoveAll(dirOf(e.Name()))
			continue
		}
		l, err := Open(e.Name())
		if err != nil || l.state.Owner == 0 || startTime(l.state.Owner) == l.state.OwnerStarted {
			continue
		}
		unlock, err := l.tryLock()
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), downTimeout)
		err = l.remove(ctx)
		cancel()
		unlock()
		if err != nil {
			return fmt.Errorf("lab: remove the remains of %q: %w", e.Name(), err)
		}
	}
	return nil
}

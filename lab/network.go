package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"callmanager/config"
	"callmanager/nicio/ethtool"
)

const (
	// hostInterface is the name of each host's NIC.
	hostInterface = "eth0"
	// bridgeHost stands for the bridge in the names of namespaces.
	bridgeHost = "bridge"
	// netnsDir is where named namespaces are.
	netnsDir = "/run/netns"
	// bridgeInterface is the name of the bridge in its namespace.
	bridgeInterface = "br0"
)

// makeNetwork makes the namespaces and joins them.
func (l *Lab) makeNetwork() error {
	if err := shareNetnsDir(); err != nil {
		return fmt.Errorf("lab: %s: %w", netnsDir, err)
	}
	for _, h := range l.state.Hosts {
		if err := addNetns(h.Netns); err != nil {
			return err
		}
	}
	if err := l.join(); err != nil || !l.cfg.ATMTCP {
		return err
	}
	return l.addIPs()
}

// join joins the hosts' NICs.
func (l *Lab) join() error {
	if l.state.Bridge == "" {
		return l.joinPair(l.state.Hosts[0], l.state.Hosts[1])
	}
	if err := addNetns(l.state.Bridge); err != nil {
		return err
	}
	return l.joinBridge()
}

// joinPair joins two hosts by a veth whose ends are their NICs.
func (l *Lab) joinPair(a, b *Host) error {
	return l.addVeth(a, b.Netns, b.Interface, b.MAC)
}

// joinBridge joins all hosts by a bridge that forwards at once and learns as usual.
func (l *Lab) joinBridge() error {
	err := inside(l.state.Bridge, func(nl *netlink.Handle) error {
		br := &netlink.Bridge{LinkAttrs: netlink.NewLinkAttrs()}
		br.Name, br.MTU = bridgeInterface, l.cfg.MTU
		if err := nl.LinkAdd(br); err != nil {
			return err
		}
		return nl.LinkSetUp(br)
	})
	if err != nil {
		return fmt.Errorf("lab: bridge: %w", err)
	}
	for i, h := range l.state.Hosts {
		port := fmt.Sprintf("port%d", i)
		if err := l.addVeth(h, l.state.Bridge, port, ""); err != nil {
			return err
		}
		err := inside(l.state.Bridge, func(nl *netlink.Handle) error {
			br, err := nl.LinkByName(bridgeInterface)
			if err != nil {
				return err
			}
			p, err := nl.LinkByName(port)
			if err != nil {
				return err
			}
			return nl.LinkSetMaster(p, br)
		})
		if err != nil {
			return fmt.Errorf("lab: bridge port of %s: %w", h.Name, err)
		}
	}
	return nil
}

// addVeth makes the NIC of a host, with its other end in another namespace, and sets
// both up.
func (l *Lab) addVeth(h *Host, peerNetns, peerName, peerMAC string) error {
	ns, err := netns.GetFromName(peerNetns)
	if err != nil {
		return fmt.Errorf("lab: namespace %s: %w", peerNetns, err)
	}
	defer func() { _ = ns.Close() }()
	err = inside(h.Netns, func(nl *netlink.Handle) error {
		v := &netlink.Veth{LinkAttrs: netlink.NewLinkAttrs(), PeerName: peerName, PeerNamespace: netlink.NsFd(ns)}
		v.Name, v.MTU = h.Interface, l.cfg.MTU
		v.HardwareAddr, _ = net.ParseMAC(h.MAC)
		if peerMAC != "" {
			v.PeerHardwareAddr, _ = net.ParseMAC(peerMAC)
		}
		if err := nl.LinkAdd(v); err != nil {
			return err
		}
		return nl.LinkSetUp(v)
	})
	if err != nil {
		return fmt.Errorf("lab: NIC of %s: %w", h.Name, err)
	}
	err = inside(peerNetns, func(nl *netlink.Handle) error {
		p, err := nl.LinkByName(peerName)
		if err != nil {
			return err
		}
		if err := nl.LinkSetMTU(p, l.cfg.MTU); err != nil {
			return err
		}
		return nl.LinkSetUp(p)
	})
	if err != nil {
		return fmt.Errorf("lab: %s in %s: %w", peerName, peerNetns, err)
	}
	return errors.Join(l.leaveTags(h.Netns, h.Interface), l.leaveTags(peerNetns, peerName))
}

// leaveTags has an interface of a namespace leave VLAN tags in frames, if that is needed.
func (l *Lab) leaveTags(namespace, name string) error {
	if l.cfg.Receive <= config.ReceivePacket {
		return nil
	}
	return within(namespace, func() error {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		defer func() { _ = unix.Close(fd) }()
		return ethtool.SetTags(fd, name, false)
	})
}

// quiet switches IPv6 off in the namespace of the calling thread, so that its wires carry nothing but
// what the lab's hosts send. A kernel without IPv6 is as quiet.
func quiet() error {
	for _, which := range []string{"all", "default"} {
		err := os.WriteFile(filepath.Join("/proc/sys/net/ipv6/conf", which, "disable_ipv6"), []byte("1"), 0o644)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// endStrays kills what still runs in a namespace: programs of lab exec, and a daemon whose start was interrupted.
// They would keep the namespace and its NIC alive without a name.
func endStrays(name string) {
	space, err := os.Stat(filepath.Join(netnsDir, name))
	if err != nil {
		return
	}
	spaces, _ := filepath.Glob("/proc/[0-9]*/ns/net") // the pattern is right
	for _, path := range spaces {
		st, err := os.Stat(path)
		if err != nil || !os.SameFile(space, st) {
			continue
		}
		if pid, err := strconv.Atoi(strings.Split(path, "/")[2]); err == nil && pid != os.Getpid() {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// removeNetwork removes the namespaces, and with them the NICs and the bridge.
func (l *Lab) removeNetwork() error {
	var errs []error
	for _, n := range l.netnsNames() {
		endStrays(n)
		if err := removeNetns(n); err != nil {
			errs = append(errs, fmt.Errorf("lab: namespace %s: %w", n, err))
		}
	}
	return errors.Join(errs...)
}

// removeNetns removes a named namespace, one that there is not included, and one whose making was
// interrupted between its file and the mount on it.
func removeNetns(name string) error {
	path := filepath.Join(netnsDir, name)
	err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil && !errors.Is(err, unix.EINVAL):
		return os.NewSyscallError("umount", err)
	}
	return os.Remove(path)
}

// netnsNames returns the namespaces of the lab.
func (l *Lab) netnsNames() []string {
	var names []string
	for _, h := range l.state.Hosts {
		names = append(names, h.Netns)
	}
	if l.state.Bridge != "" {
		names = append(names, l.state.Bridge)
	}
	return names
}

// checkNetns refuses a lab whose namespaces there are already: another lab's, since "a-b" and "c"
// spell the same as "a" and "b-c", or somebody's.
func (l *Lab) checkNetns() error {
	if _, err := os.Stat(stateFile(l.state.Name)); err == nil {
		return nil // claim tells of it
	}
	for _, n := range l.netnsNames() {
		if _, err := os.Lstat(filepath.Join(netnsDir, n)); err == nil {
			return fmt.Errorf("lab: there is a namespace %s already (ip netns): choose another name for the lab, or remove it", n)
		}
	}
	return nil
}

// shareNetnsDir makes the directory of named namespaces a shared mount of its own, which ip-netns(8) does
// when it first makes one. Were it left to a later `ip netns add`, that would mount the directory above the
// labs there are, and their files would stay in use for good.
func shareNetnsDir() error {
	if err := os.MkdirAll(netnsDir, 0o755); err != nil { //nolint:gosec // as ip makes it: who may look is the system's matter
		return err
	}
	dir, err := os.Open(netnsDir)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // and with it the lock, which ip takes too
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return os.NewSyscallError("flock", err)
	}
	const share = unix.MS_SHARED | unix.MS_REC
	err = unix.Mount("", netnsDir, "none", share, "")
	if errors.Is(err, unix.EINVAL) { // it is no mount yet
		err = unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, "")
		if err == nil {
			err = unix.Mount("", netnsDir, "none", share, "")
		}
	}
	return os.NewSyscallError("mount", err)
}

// addNetns makes a named namespace with its loopback interface up.
func addNetns(name string) error {
	err := onThread(func() error {
		ns, err := netns.NewNamed(name)
		if err != nil {
			return err
		}
		return errors.Join(quiet(), ns.Close())
	})
	if err == nil {
		err = inside(name, func(nl *netlink.Handle) error {
			lo, err := nl.LinkByName("lo")
			if err != nil {
				return err
			}
			return nl.LinkSetUp(lo)
		})
	}
	if err != nil {
		return fmt.Errorf("lab: namespace %s: %w", name, err)
	}
	return nil
}

// inside calls f with a netlink socket of a namespace.
func inside(name string, f func(*netlink.Handle) error) error {
	ns, err := netns.GetFromName(name)
	if err != nil {
		return err
	}
	defer func() { _ = ns.Close() }()
	nl, err := netlink.NewHandleAt(ns)
	if err != nil {
		return err
	}
	defer nl.Close()
	return f(nl)
}

// Do calls f on a thread in the host's namespace, where the sockets that it opens stay. f must not start
// goroutines that count on being there.
func (h *Host) Do(f func() error) error { return within(h.Netns, f) }

// within calls f on a thread in a namespace.
func within(name string, f func() error) error {
	return onThread(func() error {
		ns, err := netns.GetFromName(name)
		if err != nil {
			return fmt.Errorf("lab: namespace %s: %w", name, err)
		}
		if err := errors.Join(netns.Set(ns), ns.Close()); err != nil {
			return fmt.Errorf("lab: namespace %s: %w", name, err)
		}
		return f()
	})
}

// onThread calls f on a thread of its own, which ends afterwards: nobody else meets the namespace that f
// leaves it in.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		done <- f()
	}()
	return <-done
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"callmanager/cmd/cmctl/table"
	"callmanager/lab"
)

// labEnv names the environment variable with the name of the lab to talk to.
const labEnv = "CMD_LAB"

// labTimeout bounds how long a lab may take to come up.
const labTimeout = 30 * time.Second

// labFlags are the flags that make a lab.
type labFlags struct {
	hosts    []string
	capacity string
}

// labCommand makes hosts in network namespaces.
func labCommand(a *app) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "lab",
		Short: "Hosts in network namespaces on this machine, with a daemon each (root)",
	})
	cmd.AddCommand(labUpCommand(a), labRunCommand(a), labExecCommand(a), labDownCommand(a), labJanitorCommand(a))
	return cmd
}

// add adds the flags to a verb.
func (f *labFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.hosts, "hosts", []string{"alice", "bob"}, "`names` of the hosts; more than two hang on one bridge")
	cmd.Flags().StringVar(&f.capacity, "capacity", "", "capacity of every link, such as 1Gbit/s (default: the NIC's speed)")
}

// labUpCommand makes a lab that stays.
func labUpCommand(a *app) *cobra.Command {
	var f labFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make a lab and leave it running",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.makeLab(cmd.Context(), &f, false)
			if err != nil {
				return err
			}
			a.explainLab(a.out, l)
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

// makeLab makes a lab, tells what happens, and waits for its links. When it fails nothing is
// left.
func (a *app) makeLab(ctx context.Context, f *labFlags, owned bool) (*lab.Lab, error) {
	ctx, cancel := context.WithTimeout(ctx, labTimeout)
	defer cancel()
	_, _ = fmt.Fprintf(a.err, "making %s\n", strings.Join(f.hosts, ", "))
	l, err := lab.Up(ctx, lab.Config{Name: a.lab, Hosts: f.hosts, Capacity: f.capacity, Owned: owned})
	if err != nil {
		return nil, err
	}
	waiting := time.AfterFunc(slowAfter, func() {
		_, _ = fmt.Fprintf(a.err, "waiting for the links, for at most %s\n", labTimeout)
	})
	defer waiting.Stop()
	err = l.AwaitLinks(ctx, func(host, link string) {
		_, _ = fmt.Fprintf(a.err, "%s: link to %s is up\n", host, link)
	})
	if err != nil {
		return nil, errors.Join(err, l.Down(context.WithoutCancel(ctx)))
	}
	return l, nil
}

// explainLab says how a lab is used.
func (a *app) explainLab(w io.Writer, l *lab.Lab) {
	t := table.New(w, "HOST", "ADDRESS", "NAMESPACE", "LOG")
	for _, h := range l.Hosts() {
		t.Row(h.Name, h.Address, h.Netns, h.Log())
	}
	_ = t.Flush()
	first, second := l.Hosts()[0].Name, l.Hosts()[1].Name
	self, name := "cmctl", ""
	if path, err := os.Executable(); err == nil {
		self = path
	}
	if l.Name() != lab.DefaultName {
		name = " --lab " + l.Name()
	}
	_, _ = fmt.Fprintf(w, `
Try, in two terminals:
  %[1]s%[2]s --host %[4]s listen
  echo hello | %[1]s%[2]s --host %[3]s call %[4]s
Look:
  %[1]s%[2]s --host %[3]s links          (vcs, calls, saps, trace)
Run a command inside a host:
  %[1]s%[2]s lab exec %[3]s -- ip link
End it:
  %[1]s%[2]s lab down
`, self, name, first, second)
}

// labRunCommand makes a lab for one command.
func labRunCommand(a *app) *cobra.Command {
	var f labFlags
	cmd := &cobra.Command{
		Use:   "run -- COMMAND [ARG...]",
		Short: "Make a lab, run a command, and remove the lab however the command ends",
		Long: `Make a lab, run a command with ` + labEnv + ` set to the lab's name and this program in PATH, and remove the
lab: when the command has ended, after Ctrl-C, and after a crash of this program. The command
reaches the daemons with "cmctl --host NAME ...".`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, argv []string) error {
			if a.lab == "" {
				a.lab = fmt.Sprintf("run%d", os.Getpid())
			}
			return a.labRun(cmd.Context(), &f, argv)
		},
	}
	f.add(cmd)
	return cmd
}

// labRun makes the lab with a janitor that outlives this process, and runs the command.
func (a *app) labRun(ctx context.Context, f *labFlags, argv []string) error {
	done, err := a.startJanitor()
	if err != nil {
		return err
	}
	defer done()
	l, err := a.makeLab(ctx, f, true)
	if err != nil {
		return err
	}
	offerSelf()
	child := exec.CommandContext(ctx, argv[0], argv[1:]...)
	child.Stdin, child.Stdout, child.Stderr = a.in, a.out, a.err
	child.Env = append(os.Environ(), labEnv+"="+l.Name())
	endGently(child)
	// When this process is killed the command goes too. The kernel watches the thread that starts it.
	child.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = child.Run()
	if downErr := l.Down(context.WithoutCancel(ctx)); downErr != nil {
		err = errors.Join(err, downErr)
	}
	return err // alone, that of the command gives the exit code
}

// offerSelf puts the directory of this program in front of PATH, so that a command in a lab may be, or
// use, cmctl without its being installed.
func offerSelf() {
	if path, err := os.Executable(); err == nil {
		_ = os.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH")) // it fails for no such text
	}
}

// endGently lets a command that is to end do so in order.
func endGently(child *exec.Cmd) {
	child.Cancel = func() error { return child.Process.Signal(unix.SIGTERM) }
	child.WaitDelay = 5 * time.Second
}

// startJanitor starts a process that removes the lab when this one has ended in any way. The
// function that it returns lets the janitor look, and waits for it.
func (a *app) startJanitor() (func(), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("lab run: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("lab run: %w", err)
	}
	// It outlives this process and its context, in a session of its own.
	j := exec.Command(self, "--lab", a.lab, "lab", "janitor", "--owner", strconv.Itoa(os.Getpid())) //nolint:noctx // see above
	j.Stdin = r
	j.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	err = j.Start()
	_ = r.Close()
	if err != nil {
		_ = w.Close()
		return nil, fmt.Errorf("lab run: %w", err)
	}
	return func() {
		_ = w.Close()
		_ = j.Wait()
	}, nil
}

// labJanitorCommand is what startJanitor runs: it waits for the end of its input, and removes the lab
// if it is its owner's and not another's of that name.
func labJanitorCommand(a *app) *cobra.Command {
	var owner int
	cmd := &cobra.Command{
		Use:    "janitor",
		Hidden: true,
		Args:   args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, _ = io.Copy(io.Discard, a.in)
			l, err := lab.Open(a.lab)
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if l.Owner() != owner {
				return nil
			}
			return l.Down(context.WithoutCancel(cmd.Context()))
		},
	}
	cmd.Flags().IntVar(&owner, "owner", 0, "process that the lab belongs to")
	return cmd
}

// labExecCommand runs a command inside a host.
func labExecCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "exec HOST -- COMMAND [ARG...]",
		Short: "Run a command in a host's network namespace, with its daemon's socket set",
		Args:  args(cobra.MinimumNArgs(2)),
		ValidArgsFunction: func(cmd *cobra.Command, argv []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(argv) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return a.hostNames(cmd, argv, word)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			l, err := lab.Open(a.lab)
			if err != nil {
				return err
			}
			h, err := l.Host(argv[0])
			if err != nil {
				return err
			}
			offerSelf()
			child := h.Command(cmd.Context(), argv[1], argv[2:]...)
			child.Stdin, child.Stdout, child.Stderr = a.in, a.out, a.err
			endGently(child)
			return child.Run()
		},
	}
}

// labDownCommand removes a lab.
func labDownCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "End the daemons of a lab and remove it",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := lab.Open(a.lab)
			if err != nil {
				return err
			}
			defer a.slow("the daemons release their calls")()
			return l.Down(cmd.Context())
		},
	}
}

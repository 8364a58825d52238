package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/lab"
)

// The exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
)

// dialTimeout bounds how long the daemon may take to accept a connection, and
// queryTimeout how long it may take to answer a query.
const (
	dialTimeout  = 5 * time.Second
	queryTimeout = 10 * time.Second
)

// version is set by the build (-ldflags -X main.version=...).
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	// A reader that goes away is an error of writing, after which calls are released in order. Programs
	// that this one starts meet the signal as ever.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	code := execute(ctx, os.Args[1:], &streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stderr), colour: showsColours(os.Stdout),
	})
	stop()
	os.Exit(code)
}

// streams are the standard streams of the process.
type streams struct {
	in       io.Reader
	out, err io.Writer
	// terminal tells that somebody reads err, colour that out shows colours.
	terminal, colour bool
	// patience is how long that somebody is left without a word; 0 means slowAfter, captureLine in a
	// capture, or benchLine in a measurement.
	patience time.Duration
}

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// showsColours reports whether a file is a terminal whose user has nothing against colours (no-color.org).
func showsColours(f *os.File) bool {
	return isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// slowAfter is how long a user is left without a word.
const slowAfter = 2 * time.Second

// slow tells a user at a terminal what is waited for, if that is long, until the function that
// it returns is called.
func (s *streams) slow(what string) (stop func() bool) {
	t := time.AfterFunc(cmp.Or(s.patience, slowAfter), func() {
		if s.terminal {
			_, _ = fmt.Fprintf(s.err, "cmctl: %s (Ctrl-C ends it)\n", what)
		}
	})
	return t.Stop
}

// app is what all verbs share.
type app struct {
	*streams
	socket string
	host   string
	lab    string
	json   bool
}

// errUsage marks errors of the command line.
var errUsage = errors.New("see --help")

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, s *streams) int {
	root := rootCommand(&app{streams: s})
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	strictCompletion(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // a command in a lab, and nothing else, has failed: it tells for itself
		return childCode(e)
	}
	_, _ = fmt.Fprintln(s.err, "cmctl:", err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFailure
}

// childCode returns the exit code of a command as shells do: 128 and the signal that has ended it.
func childCode(e *exec.ExitError) int {
	if ws, ok := e.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return e.ExitCode()
}

// rootCommand builds the command line.
func rootCommand(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:           "cmctl",
		Short:         "Place, accept and watch signalled virtual circuits of cmd-daemon",
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	})
	f := root.PersistentFlags()
	f.StringVar(&a.socket, "socket", "", "`path` of the daemon's socket (default $"+lab.SocketEnv+" or "+client.DefaultSocket+")")
	f.StringVar(&a.host, "host", "", "talk to the daemon of this `host` of a lab")
	if err := root.RegisterFlagCompletionFunc("host", a.hostNames); err != nil {
		panic(err) // the flag is not there: a mistake of this program
	}
	f.StringVar(&a.lab, "lab", os.Getenv(labEnv), "`name` of the lab (default $"+labEnv+" or "+lab.DefaultName+")")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", err, errUsage) })
	root.AddCommand(
		statusCommand(a), linksCommand(a), vcsCommand(a), callsCommand(a), sapsCommand(a), pvcCommand(a), addressCommand(a), watchCommand(a),
		callCommand(a), listenCommand(a), modifyCommand(a), closeCommand(a), restartCommand(a), traceCommand(a),
		captureCommand(a), decodeCommand(a), benchCommand(a), labCommand(a), demoCommand(a),
	)
	return root
}

// strictCompletion makes an unknown shell a usage error; the library would print its help and succeed.
// The scripts go to the output that is set by now.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		group(cmd)
		for _, shell := range cmd.Commands() {
			shell.Args = args(cobra.NoArgs)
		}
	}
}

// group makes a command that only has verbs below it: alone it prints its help, and an unknown
// verb is a usage error.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = args(cobra.NoArgs)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// args checks the number of arguments, as a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, a []string) error {
		err := check(cmd, a)
		switch {
		case err != nil && cmd.HasSubCommands():
			return fmt.Errorf("%w: %w", err, errUsage)
		case err != nil:
			return fmt.Errorf("%s: %w: usage: %s: %w", cmd.Name(), err, cmd.UseLine(), errUsage)
		}
		return nil
	}
}

// jsonFlag adds --json to a verb.
func (a *app) jsonFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON for scripts")
	return cmd
}

// socketPath returns the path of the daemon's socket as flags and environment say.
func (a *app) socketPath() (string, error) {
	if a.host != "" {
		l, err := lab.Open(a.lab)
		if err != nil {
			return "", err
		}
		h, err := l.Host(a.host)
		if err != nil {
			return "", err
		}
		return h.Socket(), nil
	}
	if a.socket != "" {
		return a.socket, nil
	}
	return os.Getenv(lab.SocketEnv), nil
}

// dial connects to the daemon.
func (a *app) dial(ctx context.Context) (*client.Conn, error) {
	path, err := a.socketPath()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return client.Dial(ctx, client.Options{Socket: path, Name: "cmctl"})
}

// query connects, calls f and disconnects.
func (a *app) query(cmd *cobra.Command, f func(context.Context, *client.Conn) error) error {
	c, err := a.dial(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(cmd.Context(), queryTimeout)
	defer cancel()
	return f(ctx, c)
}

// buildVersion returns the version that the build set, or the module's.
func buildVersion() string {
	if version != "" {
		return version
	}
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" && bi.Main.Version != "(devel)" {
		return bi.Main.Version
	}
	return "devel"
}

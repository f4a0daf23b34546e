// kubelet-exec answers what the API server asks a kubelet for when somebody runs `kubectl exec`, with the kubelet's own
// library, and runs the command in what stands for the container: an argument list that enters it.
//
//	kubelet-exec ADDRESS CERTIFICATE KEY CONTAINERS
//
// CONTAINERS is a JSON file, read anew at each request: { "namespace/pod/container": ["program", "argument", …] }.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/types"
	consts "k8s.io/apimachinery/pkg/util/remotecommand"
	client "k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubelet/pkg/cri/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// A command that left something behind which holds its output open is over nevertheless.
const afterExit = time.Second

type executor struct{ containers string }

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: kubelet-exec ADDRESS CERTIFICATE KEY CONTAINERS")
	}
	serve := http.NewServeMux()
	serve.Handle("/exec/{namespace}/{pod}/{container}", executor{os.Args[4]})
	log.Fatal(http.ListenAndServeTLS(os.Args[1], os.Args[2], os.Args[3], serve))
}

func (e executor) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	options, err := remotecommand.NewOptions(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pod := req.PathValue("namespace") + "/" + req.PathValue("pod")
	remotecommand.ServeExec(w, req, e, pod, "", req.PathValue("container"), req.URL.Query()["command"], options,
		4*time.Hour, 30*time.Second, consts.SupportedStreamingProtocols)
}

// ExecInContainer runs the command to its end, also where whoever asked for it is gone: nobody kills it for that in a
// container either.
func (e executor) ExecInContainer(_ context.Context, pod string, _ types.UID, container string, command []string,
	in io.Reader, out, errOut io.WriteCloser, _ bool, _ <-chan client.TerminalSize, _ time.Duration) error {
	enter, err := e.enter(pod + "/" + container)
	if err != nil {
		return err
	}
	line := append(enter, command...)
	child := exec.Command(line[0], line[1:]...)
	child.Stdout, child.Stderr, child.WaitDelay = out, errOut, afterExit
	if in != nil {
		// As its own Stdin it would be waited for, and a client that sends no end would be waited for without one.
		stdin, err := child.StdinPipe()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(stdin, in)
			_ = stdin.Close()
		}()
	}
	return asContainer(child.Run())
}

func (e executor) enter(container string) ([]string, error) {
	text, err := os.ReadFile(e.containers)
	if err != nil {
		return nil, err
	}
	var known map[string][]string
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, err
	}
	enter := known[container]
	if len(enter) == 0 {
		return nil, fmt.Errorf("container not found (%q)", container)
	}
	return enter, nil
}

// asContainer says how a command ended as container runtimes do: 128 and the signal for one that was killed.
func asContainer(err error) error {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return err
	}
	code := ended.ExitCode()
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: err, Code: code}
}

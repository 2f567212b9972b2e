package main

import (
	"fmt"
	"os"
)

type account struct{ Name, ID, Secret string }

var accounts = []account{
	{"live", "@{id:prog-go-live}", "@{secret:prog-go-live}"},
	{"@{hash:prog-go}", "@{id:prog-go-test}", "@{secret:prog-go-test}"},
}

const id = "@{id:prog-go-const}"
const secret = "@{secret:prog-go-const}"

//go:noinline
func connect(id, secret string) *account { return &account{"x", id, secret} }

func main() {
	fmt.Println(accounts, connect("@{id:prog-go-call}", "@{secret:prog-go-call}"))
	fmt.Println(id, secret, os.Args)
}

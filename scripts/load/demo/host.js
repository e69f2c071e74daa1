// Runs one function in a process of its own, as SCF's runtime for Node.js does: the code is
// loaded when the process starts, and each call's environment becomes the process's.
//
//	node host.js SDK FUNCTION
//
// It prints the port that it listens on.
const http = require("node:http");

const [sdk, name] = process.argv.slice(2);
const functions = require("./functions.js")(require(sdk));

const server = http
  .createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = (status, value) => response.writeHead(status).end(JSON.stringify(value));
    try {
      const { event, environment } = JSON.parse(Buffer.concat(chunks));
      Object.assign(process.env, environment);
      answer(200, await functions[name](event));
    } catch (error) {
      answer(500, { message: String(error.stack || error) });
    }
  })
  .listen(0, "127.0.0.1", () => console.log(server.address().port));

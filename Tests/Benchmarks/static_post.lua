-- wrk at its best: one POST, built once.
wrk.method = "POST"
wrk.body = '{"chatbot_uuid":"12345678-1234-5678-1234-567812345678","query":"Hello, I would like to ask about my order.","user_key":"user-1-1"}'
wrk.headers["User-Agent"] = "chatload"
wrk.headers["Accept"] = "application/json"
wrk.headers["Authorization"] = "Token sandbox-token"
wrk.headers["Content-Type"] = "application/json"

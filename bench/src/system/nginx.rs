//! nginx, passing bytes through to the simulator: what a proxy costs that reads nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::Way;
use super::process::{Program, SERVICE_CORE, free_port, pinned};

/// The running nginx.
#[derive(Debug)]
pub struct Nginx {
    program: Program,
    port: u16,
    _folder: TempDir,
}

/// Where Debian puts it: `/usr/sbin` is not on everybody's path.
pub(super) const PROGRAM: &str = "/usr/sbin/nginx";

// === impl Nginx ===

impl Nginx {
    /// Starts it: one worker, kept connections to the upstream, nothing buffered or logged.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn start(upstream: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let top = folder.path().display();
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {top}/pid; error_log {top}/error.log;\n\
             events {{ worker_connections 8192; }}\n\
             http {{\n\
             access_log off; tcp_nodelay on; keepalive_requests 1000000; keepalive_timeout 1h; client_max_body_size 64m;\n\
             client_body_buffer_size 4m;\n\
             client_body_temp_path {top}/a; proxy_temp_path {top}/b; fastcgi_temp_path {top}/c; uwsgi_temp_path {top}/d; scgi_temp_path {top}/e;\n\
             upstream sim {{ server {upstream}; keepalive 4096; keepalive_requests 1000000; }}\n\
             server {{\n\
             listen 127.0.0.1:{port};\n\
             location / {{ proxy_pass http://sim; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; proxy_request_buffering on; proxy_read_timeout 10m; }}\n\
             }} }}\n"
        );
        let path = folder.path().join("nginx.conf");
        fs::write(&path, config)?;
        anyhow::ensure!(Path::new(PROGRAM).exists(), "nginx is not installed");
        let mut command = pinned(SERVICE_CORE, PROGRAM);
        command.arg("-c").arg(&path).arg("-p").arg(folder.path());
        let mut program = Program::start(command)?;
        let log = folder.path().join("error.log");
        program.wait_for_port(port, Duration::from_secs(10), &log).context("nginx")?;
        Ok(Self { program, port, _folder: folder })
    }

    /// The way through it.
    #[must_use]
    pub fn way(&self) -> Way {
        let direct = Way::direct("nginx", &format!("127.0.0.1:{}", self.port));
        Way { tree: Some(self.program.tree()), ..direct }
    }
}

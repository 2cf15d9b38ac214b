/** What a development server prints once it answers: everything a first code needs. */
export function welcome(url: string, apiKey: string): string {
  return `
  Watchword is running.

    Virtual phone   ${url}/
    API reference   ${url}/docs
    API key         ${apiKey}

  Send a first code, and watch it arrive on the virtual phone:

    curl -s ${url}/v1/verifications \\
      -H 'Authorization: Bearer ${apiKey}' \\
      -H 'Content-Type: application/json' \\
      -d '{"recipient": "+14155550123"}'

`;
}
